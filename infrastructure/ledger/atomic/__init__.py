"""Several commands to one stream, stored in one transaction."""
