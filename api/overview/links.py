"""Addresses of the pages of the overview."""

OVERVIEW, CASES = "/overview", "/pages/cases"
