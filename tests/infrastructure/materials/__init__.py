"""Tests of materials in infrastructure."""
