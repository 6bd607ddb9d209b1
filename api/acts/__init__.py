"""Acts: what every command, fact, field and refusal is called, and the form of each command, one file per chapter."""
