"""Statutory time: calendars, rule packs and the clocks. The only place where dates are added."""
