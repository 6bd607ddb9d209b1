"""The proof `carried-over`: a ledger of an early commit, moved into one of today, and compared with what it was."""
