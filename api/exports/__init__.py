"""导出 every list of the pages as a file, with the filters and the instant that the page had."""
