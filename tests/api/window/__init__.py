"""Tests of the public window."""
