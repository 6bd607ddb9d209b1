"""Tests of calendar in law."""
