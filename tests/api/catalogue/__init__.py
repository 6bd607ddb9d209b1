"""Tests of catalogue in api."""
