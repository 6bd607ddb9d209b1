"""Tests of ledger in infrastructure."""
