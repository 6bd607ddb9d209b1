"""Simulates a zone: enterprises, officers and projects that act at random, through the ordinary commands."""
