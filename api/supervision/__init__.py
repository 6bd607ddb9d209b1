"""电子监察 the bureau's board, lists and cards over HTTP."""
