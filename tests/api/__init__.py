"""The HTTP door, tested on a real database through the application itself."""
