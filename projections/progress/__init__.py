"""The progress table: a row a project, a row an item."""
