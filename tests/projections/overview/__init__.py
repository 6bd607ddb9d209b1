"""Tests of the figures of the overview, by rows of the views alone."""
