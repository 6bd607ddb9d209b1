"""Tests of countersignature in domain."""
