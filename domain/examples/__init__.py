"""Tested examples: a project's story from registration to delivery, and one chapter for each subject."""
