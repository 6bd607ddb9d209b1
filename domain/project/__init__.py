"""The project aggregate: one file per use case; with the command, its rule and its fact."""
