"""Pages of people and grants."""
