"""Tables as files for people's own programs: XLSX and CSV, written row by row."""
