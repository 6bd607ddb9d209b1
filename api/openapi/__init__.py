"""The OpenAPI document: litestar's, completed with what only we know."""
