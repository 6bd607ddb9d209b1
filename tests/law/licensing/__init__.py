"""Tests of licensing in law."""
