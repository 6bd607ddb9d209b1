"""Forms of commands: every command has one, and what each shows, refuses and does."""
