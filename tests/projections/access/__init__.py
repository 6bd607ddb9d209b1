"""Tests of the tables of access and of the filter of rows."""
