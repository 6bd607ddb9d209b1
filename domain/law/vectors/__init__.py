"""Golden vectors: reading them, and comparing them with either engine."""
