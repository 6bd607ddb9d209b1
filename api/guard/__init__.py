"""The table of access at every door: what each route asks for, who is let through, and what is left out for him."""
