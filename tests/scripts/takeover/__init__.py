"""Tests of taking cases over."""
