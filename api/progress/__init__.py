"""项目进度表 the progress table over HTTP."""
