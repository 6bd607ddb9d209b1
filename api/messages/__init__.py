"""收件箱 messages: what waits for a person, what happened to the cases, as a page, as Atom and by mail."""
