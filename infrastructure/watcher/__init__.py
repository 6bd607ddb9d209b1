"""The deadline watcher: records deadlines that pass as facts."""
