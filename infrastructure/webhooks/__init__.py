"""Webhooks: subscriptions to the feed, the queue of what is to be sent, and the sender."""
