"""Tests of what a release brings beside the package."""
