"""The support bundle: the state of an installation for those who support it, without personal data."""
