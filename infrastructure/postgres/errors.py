"""Errors of PostgreSQL that say what an account may not do."""

from __future__ import annotations

import psycopg

# Raised if the account lacks a privilege, the server is read-only, or there is no schema to create tables in.
FORBIDDEN = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.InvalidSchemaName,
)
