"""Tests of query codes, tries at them, and drafts."""
