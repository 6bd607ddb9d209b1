"""A rule pack: one law's limits, grounds and articles, as dated data."""
