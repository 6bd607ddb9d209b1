"""Results from outside, with their provenance and age."""
