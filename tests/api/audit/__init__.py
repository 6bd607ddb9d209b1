"""Pages of the ledger for auditors."""
