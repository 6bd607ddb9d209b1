"""Pages and checks of catalogues, flows and calendars."""
