"""Tests of webhooks in infrastructure."""
