"""What people run: the command line, importers, the bench."""
