"""Tests of law in projections."""
