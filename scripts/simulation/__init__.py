"""A zone that never was: enterprises, officers and projects that act by chance, through the commands of everybody."""
