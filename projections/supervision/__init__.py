"""Cards, warnings, orders, and the figures of the board."""
