"""Stored files by their digest, in a folder or a bucket."""
