"""Tests of supervision in projections."""
