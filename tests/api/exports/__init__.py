"""Tests of lists as files."""
