"""Tests of commands in api."""
