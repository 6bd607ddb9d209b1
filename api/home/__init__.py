"""首页 the page at `/`, by the role of the reader."""
