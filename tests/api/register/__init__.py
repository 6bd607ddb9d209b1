"""Tests of register in api."""
