"""Tests of supervision in api."""
