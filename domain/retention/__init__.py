"""Retention: records outside the ledger that are stored for a limited time, and the fact that they were removed."""
