"""Tests of supervision in domain."""
