"""Tests of portfolio in api."""
