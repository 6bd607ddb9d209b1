"""Attached files: whether each is what was attached, and which were never attached."""
