"""Imports another system's log: reads its files, plans the commands of each case, sends them, and reports."""
