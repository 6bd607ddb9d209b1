"""Rows with a history."""
