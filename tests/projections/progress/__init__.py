"""Tests of progress in projections."""
