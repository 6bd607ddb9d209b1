"""公共服务窗口 the public window: guides, a case by number and code, complaints, evaluations, what is published."""
