"""Who may do what, and why: as JSON and as a page."""
