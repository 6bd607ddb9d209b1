"""外部结果 results from outside over HTTP."""
