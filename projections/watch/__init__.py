"""What the deadline watcher has to check, and when."""
