"""The legal-person base (法人基础库): who invests, under which codes and names, over time."""
