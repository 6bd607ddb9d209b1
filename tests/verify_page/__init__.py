"""The page /verify in a real browser, offline: what it accepts, and what it finds."""
