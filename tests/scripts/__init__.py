"""Tests of the command line's work: importing, exporting, the table of cases."""
