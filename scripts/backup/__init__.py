"""The command line's verbs of backups: take, restore, rehearse; and those of keys."""
