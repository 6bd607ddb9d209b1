"""Tests of application in domain."""
