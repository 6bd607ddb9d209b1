"""工作台 a department's desk."""
