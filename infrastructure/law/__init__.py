"""The law book: shipped packs, and which version is in force."""
