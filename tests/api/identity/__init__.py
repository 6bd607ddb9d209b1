"""Sign-in over HTTP and in a browser."""
