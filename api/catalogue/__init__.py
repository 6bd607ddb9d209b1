"""事项目录 service items over HTTP."""
