"""Authorisation of requests by the table of access: the guard of every route, and what answers leave out."""
