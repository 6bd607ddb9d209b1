"""Tests of what the public window shows of cases and of decisions."""
