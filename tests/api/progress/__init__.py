"""Tests of progress in api."""
