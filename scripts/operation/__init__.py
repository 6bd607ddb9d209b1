"""For operators: examine an installation, gather what support needs, show retention periods."""
