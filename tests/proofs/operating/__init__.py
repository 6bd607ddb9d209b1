"""Proofs about installations as their operators have them."""
