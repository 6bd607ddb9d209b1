"""Sign-in in the database: sessions, passwords, rates, keys, the security log."""
