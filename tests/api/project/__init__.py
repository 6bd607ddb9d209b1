"""Tests of project in api."""
