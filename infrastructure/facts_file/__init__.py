"""The facts of a ledger as one file: written from a database of any release, read into an empty one of this."""
