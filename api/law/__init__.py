"""法律 packs, calendars, evaluation and what-if over HTTP."""
