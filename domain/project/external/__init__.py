"""外部结果 results of departments outside the system."""
