"""Errors of PostgreSQL that say what an account, or anyone, may not do there."""

from __future__ import annotations

import psycopg

# Raised if the account lacks a privilege, the server is read-only, or there is no schema to create tables in.
FORBIDDEN = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.InvalidSchemaName,
)
# Raised by a server that takes no changes: a standby, which has no unlogged tables either, or one set to read only.
UNCHANGING = (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.FeatureNotSupported)
READ_ONLY = (
    "This database takes no changes, as a standby: let DATABASE_URL name the server that does, without"
    " COUNTERSIGN_READER. With COUNTERSIGN_READER=true `countersign serve` answers reads from a standby."
)
