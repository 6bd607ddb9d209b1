"""Backups of the embedded database: taken, combined, recovered to an instant, rehearsed, put in place."""
