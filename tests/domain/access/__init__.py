"""Tests of principals, grants, keys and the table of access."""
