"""Tests of feedback in domain."""
