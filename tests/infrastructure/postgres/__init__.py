"""Tests of postgres in infrastructure."""
