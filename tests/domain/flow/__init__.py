"""Tests of flow in domain."""
