"""Backups of the embedded database."""
