"""The web frame: identity, parameters, problems, limits and request checks."""
