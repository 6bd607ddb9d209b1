"""The feed of events over HTTP, for programs that follow the ledger."""
