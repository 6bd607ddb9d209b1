"""Who may do what: principals, their grants and keys, and the one table of access."""
