"""A simulated zone sent to a served sandbox over HTTP: its people sign in, its clock is moved, its answers are read."""
