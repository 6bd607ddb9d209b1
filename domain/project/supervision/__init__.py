"""电子监察 warnings, cards, appeals and orders."""
