"""Verbs of the command line that write what other systems read."""
