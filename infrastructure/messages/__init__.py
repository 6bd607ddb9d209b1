"""Messages: the inbox as a filter of the feed, read marks, mail addresses, and the mailer."""
