"""Tests of flow in api."""
