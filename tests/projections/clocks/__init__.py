"""Tests of clocks in projections."""
