"""Checkpoints, tiles and proofs of the transparency log over HTTP; the HTTP side of a witness."""
