"""登记簿 imported registers: the list of them, and their own figures beside the law's."""
