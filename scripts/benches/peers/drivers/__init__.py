"""Programs that append events to a peer, each run by what the peer is written for."""
