"""法人库 legal persons over HTTP."""
