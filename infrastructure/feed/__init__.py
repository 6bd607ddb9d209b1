"""The feed of events: the ledger's entries in order, as far as the views of access know whose they are."""
