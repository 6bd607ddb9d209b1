"""The engine of the Administrative Licensing Law: many working-day clocks on one application."""
