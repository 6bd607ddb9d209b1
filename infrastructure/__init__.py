"""The shell: event store, committer, projector, database, settings. The only place that does I/O."""
