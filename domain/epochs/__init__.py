"""Epochs of the ledger: a restore to an earlier moment ends one and begins the next."""
