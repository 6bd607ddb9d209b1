"""Retention: what lies beside the ledger for a time alone, and the record that it was removed."""
