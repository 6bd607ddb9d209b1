"""Traces of commands by OpenTelemetry. Off, they cost one comparison, and its packages are not imported."""
