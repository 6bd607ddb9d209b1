"""Tests of waiting in api."""
