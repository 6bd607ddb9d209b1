"""Commands over HTTP: one in, one receipt out."""
