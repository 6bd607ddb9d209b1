"""The demonstration: real permit applications, a simulated zone, and people to sign in as."""
