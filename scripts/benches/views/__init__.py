"""Benchmarks of views: filling, catching up, rebuilding, and their pace beside that of their writer."""
