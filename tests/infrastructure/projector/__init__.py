"""Tests of projector in infrastructure."""
