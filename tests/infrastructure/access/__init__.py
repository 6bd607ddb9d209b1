"""Tests of the directory of principals."""
