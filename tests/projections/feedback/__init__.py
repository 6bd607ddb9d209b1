"""Tests of feedback in projections."""
