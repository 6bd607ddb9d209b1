"""系统外结果 results of departments outside the system."""
