"""Projects by the edition of their flow; phases; durations for forecasts."""
