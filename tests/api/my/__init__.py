"""Tests of the enterprise's own page."""
