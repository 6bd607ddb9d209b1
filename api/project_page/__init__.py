"""项目页 the page of one project, composed of all subjects."""
