"""The project aggregate: one file per use case; the command, its rule and its fact stand together."""
