"""The facts of a ledger as a file."""
