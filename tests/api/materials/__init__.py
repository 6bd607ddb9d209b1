"""Tests of materials in api."""
