"""Tests of the shell, on a real PostgreSQL."""
