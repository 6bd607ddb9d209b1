"""The public window (公共服务窗口): query codes, attempts to guess them, and drafts of applications."""
