"""Lists of service items from elsewhere, as rows, and what is odd about each."""
