"""Tests of watch in projections."""
