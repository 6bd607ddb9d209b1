"""Tests of html in api."""
