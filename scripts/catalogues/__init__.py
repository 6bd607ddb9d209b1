"""Imports lists of service items, and reports what is odd about their rows."""
