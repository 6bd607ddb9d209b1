"""Calendars of an installation: shipped, with the notices applied to them, and the impact of a notice."""
