"""时限 clocks over HTTP: lists, pages, calendar feed."""
