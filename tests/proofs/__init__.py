"""Long proofs, run by scripts/prove: too slow for the suite, each in its own module, each with a time budget."""
