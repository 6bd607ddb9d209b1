"""Tests of the feed's reads."""
