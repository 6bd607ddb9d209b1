"""Copies of a simulated zone: of its ledger, and of the rows of its views."""
