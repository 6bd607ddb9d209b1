"""Tests of the pages of an application."""
