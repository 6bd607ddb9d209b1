"""Tests of legal person in api."""
