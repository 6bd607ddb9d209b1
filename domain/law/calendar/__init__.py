"""Working days: calendars with their notices, instants and local days, periods."""
