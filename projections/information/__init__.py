"""The information base: rows, queries and full-text search."""
