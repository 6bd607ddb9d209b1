"""Verification of the whole ledger: chains, stored answers, guards, checkpoints."""
