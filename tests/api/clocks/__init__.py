"""Tests of clocks in api."""
