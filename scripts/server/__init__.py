"""The server's processes: HTTP, projector and watcher."""
