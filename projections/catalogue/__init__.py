"""Service items as they are read on a day."""
