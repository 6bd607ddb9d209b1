"""Tests of the answers about access."""
