"""The approval flow as an aggregate: its steps, the checks of publishing, and what a project makes of one."""
