"""Tests of web in api."""
