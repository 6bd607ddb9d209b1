"""The directory of principals, read from the ledger."""
