"""Bringing in another system's log: read its files, plan each case's commands, send them, tell what became of them."""
