"""Tests of auditor in law."""
