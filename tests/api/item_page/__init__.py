"""The page of one item: actions, chart, lanes, and the page as a whole."""
