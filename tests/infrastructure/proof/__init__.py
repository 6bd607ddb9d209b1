"""Tests of the Merkle log and its proofs."""
