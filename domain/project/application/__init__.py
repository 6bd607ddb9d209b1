"""The life of one application, from registration to delivery: one file per use case."""
