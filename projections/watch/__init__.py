"""What the deadline watcher has to look at, and when."""
