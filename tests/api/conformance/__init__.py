"""Tests of the page of conformance."""
