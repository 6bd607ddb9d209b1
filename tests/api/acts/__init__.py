"""Tests of the words and forms of acts."""
