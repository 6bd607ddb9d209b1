"""Tests of the publisher to NATS JetStream, against a real server."""
