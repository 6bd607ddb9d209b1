"""Tests of information in api."""
