"""我的项目 the project manager's page: what to key in, what to verify, and what is stuck."""
