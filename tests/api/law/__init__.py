"""Tests of law in api."""
