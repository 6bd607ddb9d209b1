"""首页 what stands at `/`, by the role of the reader."""
