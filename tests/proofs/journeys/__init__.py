"""Each role's way from sign-in to what it came for, on the simulated zone of the demonstration, in a real browser."""
