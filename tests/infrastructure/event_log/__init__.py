"""Tests of event logs for process mining."""
