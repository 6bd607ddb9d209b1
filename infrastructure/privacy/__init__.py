"""Personal data: encryption of marked fields with a key per person, and the keystore."""
