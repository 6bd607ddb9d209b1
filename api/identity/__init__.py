"""Sign-in over HTTP: who sends each request, the pages of sign-in, and what a caller is told of itself."""
