"""Tests of verifier in infrastructure."""
