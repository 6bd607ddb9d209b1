"""Complaints and evaluations: rows, queries, sums and redaction."""
