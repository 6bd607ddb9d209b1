"""Tests of the domain: no I/O but reading the rule packs."""
