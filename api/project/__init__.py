"""项目 one project's state and history over HTTP."""
