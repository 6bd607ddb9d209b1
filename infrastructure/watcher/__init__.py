"""The deadline watcher: turns crossed deadlines into facts."""
