"""What the public window shows of cases and of departments: reads that hold no personal data."""
