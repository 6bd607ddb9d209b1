"""The feed, published to a stream of NATS JetStream: each event once, in the order of the ledger."""
