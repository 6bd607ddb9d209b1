"""Tests of case records for the platform of government services."""
