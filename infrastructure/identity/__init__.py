"""Sign-in: sessions, passwords, OpenID Connect, API keys, rates of attempts, and the security log."""
