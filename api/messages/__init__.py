"""收件箱 messages to a person: waiting tasks, and events of the cases, as a page, as an Atom feed and by mail."""
