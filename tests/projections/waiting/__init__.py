"""Tests of waiting in projections."""
