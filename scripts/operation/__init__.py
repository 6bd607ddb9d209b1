"""For operators: examine an installation, gather what support needs, show what stays how long."""
