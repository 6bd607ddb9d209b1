"""Tests of packs in law."""
