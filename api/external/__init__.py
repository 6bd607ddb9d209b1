"""系统外结果 results from outside over HTTP."""
