"""Tests of external in api."""
