"""The vocabulary of the domain: ledger entries, refusals, shared types and rules, the context of a decision."""
