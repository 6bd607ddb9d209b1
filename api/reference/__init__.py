"""What the pages of catalogues, flows and calendars share: their parts, their words, and the page before an act."""
