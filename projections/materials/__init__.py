"""Attached files of every project."""
