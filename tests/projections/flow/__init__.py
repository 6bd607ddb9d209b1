"""Tests of flow in projections."""
