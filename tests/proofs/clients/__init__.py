"""Programs that drive a project by a generated client, from registration to delivery: one a generator."""
