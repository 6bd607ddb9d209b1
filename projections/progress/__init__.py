"""The progress table: rows of projects, and of their items."""
