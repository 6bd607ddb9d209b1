"""The commands of the command line about principals, their grants and their keys."""
