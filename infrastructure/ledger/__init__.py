"""The event store: group commit, hash chain, readers and caches."""
