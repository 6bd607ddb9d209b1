"""The overview of the zone."""
