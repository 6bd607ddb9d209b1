"""Tests of proof in api."""
