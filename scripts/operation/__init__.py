"""Verbs of the command line for operators."""
