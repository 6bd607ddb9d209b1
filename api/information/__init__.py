"""项目信息库 the information base over HTTP."""
