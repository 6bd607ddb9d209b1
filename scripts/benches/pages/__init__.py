"""Benchmark of every page of the application."""
