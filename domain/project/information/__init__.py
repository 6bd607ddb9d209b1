"""项目信息 what is known of a project, by category."""
