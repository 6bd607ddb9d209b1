"""Sign-in over HTTP: who sends each request, the pages of sign-in, and the endpoint by which callers see themselves."""
