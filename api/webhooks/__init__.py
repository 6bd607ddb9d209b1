"""Webhooks over HTTP: subscriptions, their secrets and what was delivered."""
