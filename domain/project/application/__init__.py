"""The life of one application, from registration to delivery: a use case a file."""
