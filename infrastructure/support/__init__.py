"""The support bundle: how an installation is, for who has to help, without personal data."""
