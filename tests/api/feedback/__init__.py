"""Tests of feedback in api."""
