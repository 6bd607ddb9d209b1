"""The proof: a Merkle tree over the ledger's positions, its signed checkpoints, and witnesses who cosign them."""
