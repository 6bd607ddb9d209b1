"""Forms with legal consequences: a command is filled in, shown with its effect, and then given."""
