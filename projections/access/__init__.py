"""Access in tables: whom each case belongs to, who was granted what, and the filter of rows by both."""
