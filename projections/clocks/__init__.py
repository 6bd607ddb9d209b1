"""Statutory clocks: the facts of the law, readings, rows, lists and counts."""
