"""Tests of watcher in infrastructure."""
