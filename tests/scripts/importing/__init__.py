"""Tests of importing in scripts."""
