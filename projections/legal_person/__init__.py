"""The legal-person base: names, codes and merges over time."""
