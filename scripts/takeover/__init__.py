"""Migrates running cases from another register: they become the zone's own, and their clocks continue."""
