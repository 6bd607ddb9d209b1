"""Tests of worklist in api."""
