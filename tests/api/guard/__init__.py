"""Tests of the table of access at the doors."""
