"""Tests of generic in law."""
