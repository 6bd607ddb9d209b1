"""Lists of service items as other systems write them: read as rows, and made items of a catalogue."""
