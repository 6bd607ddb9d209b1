"""Forms with legal consequences: a command is filled in, its effect is reviewed, and then it is sent."""
