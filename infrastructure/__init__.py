"""Event store, projector, deadline watcher, PostgreSQL, stored files, settings, logging: the layer that does I/O."""
