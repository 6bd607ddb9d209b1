"""Tests of traces and of the access log."""
