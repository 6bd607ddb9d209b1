"""Messages: what happened that concerns a person, how far it was read, and what is sent by mail."""
