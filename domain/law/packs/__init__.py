"""Law packs: a law as dated TOML with quoted articles, and its reading, checks and expansion into rules."""
