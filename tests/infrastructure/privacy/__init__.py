"""Personal data: ciphertext, keystores, erasure."""
