"""Imports lists of service items, and reports irregularities of their rows."""
