"""The time limits of complaints and evaluations."""
