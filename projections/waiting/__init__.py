"""Who has to act on what, and since when."""
