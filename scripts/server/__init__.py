"""Processes that serve: HTTP, projector and watcher, and the demonstration."""
