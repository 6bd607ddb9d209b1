"""The state of a project: what its fold remembers in order to decide."""
