"""The core under faults: killed processes, killed databases, cut connections, six writers at once."""
