"""Results of verifications, stored in the database: for `/readyz`, `/metrics` and `status`, and to go on from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, LiteralString

import psycopg
from msgspec import Struct, json

from infrastructure.ledger.hash_chain import Fault
from infrastructure.verifier.checkpoint import Checkpoint
from infrastructure.verifier.verify import Verified

FAULTS_STORED_MAX = 20
SAMPLES_MAX = 256  # of a stored checkpoint: rewritten every minute in which something was recorded
RESULTS: LiteralString = """
    SELECT scope, position, commands, verified_at, fault_count, faults FROM process.verification ORDER BY scope
"""
CHECKPOINT: LiteralString = "SELECT checkpoint FROM process.verification WHERE scope = %s"
STORE: LiteralString = """
    INSERT INTO process.verification AS v (scope, position, commands, verified_at, fault_count, faults, checkpoint)
    VALUES (%(scope)s, %(position)s, %(commands)s, %(at)s, %(fault_count)s, %(faults)s, %(checkpoint)s)
    ON CONFLICT (scope) DO UPDATE SET position = excluded.position, commands = excluded.commands,
        verified_at = excluded.verified_at, fault_count = excluded.fault_count, faults = excluded.faults,
        checkpoint = coalesce(excluded.checkpoint, v.checkpoint)
"""
_decode_faults = json.Decoder(list[Fault]).decode


class Coverage(StrEnum):
    """What was verified: entries since the verification before, or the whole ledger."""

    NEW = "new"
    WHOLE = "whole"


class Verification(Struct, frozen=True):
    """The last verification of *scope*: up to *position*, with so many *commands*; *faults* are the first ones."""

    scope: Coverage
    position: int
    commands: int
    verified_at: datetime
    fault_count: int
    faults: list[Fault]


def verifications(rows: Iterable[tuple[Any, ...]]) -> dict[Coverage, Verification]:
    """The rows of RESULTS, by scope."""
    return {
        Coverage(scope): Verification(Coverage(scope), position, commands, at, count, _decode_faults(faults))
        for scope, position, commands, at, count, faults in rows
    }


def read_results(connection: psycopg.Connection[Any]) -> dict[Coverage, Verification]:
    """The last verifications, by scope; none of a ledger that no server has verified."""
    return verifications(connection.execute(RESULTS).fetchall())


def read_checkpoint(connection: psycopg.Connection[Any], scope: Coverage) -> Checkpoint | None:
    """The checkpoint of the last verification of *scope* without faults."""
    row = connection.execute(CHECKPOINT, [scope]).fetchone()
    return json.decode(row[0], type=Checkpoint) if row and row[0] else None


def store(
    connection: psycopg.Connection[Any],
    scope: Coverage,
    verified: Verified,
    checkpoint: Checkpoint | None,
    at: datetime,
) -> None:
    """Store the result of a verification that ended *at*; without a *checkpoint* the stored one stays."""
    params = {
        "scope": scope,
        "position": verified.position,
        "commands": verified.commands,
        "at": at,
        "fault_count": verified.fault_count,
        "faults": json.encode(verified.faults[:FAULTS_STORED_MAX]),
        "checkpoint": json.encode(checkpoint.thinned(SAMPLES_MAX)) if checkpoint else None,
    }
    connection.execute(STORE, params)


def store_whole(
    connection: psycopg.Connection[Any], verified: Verified, checkpoint: Checkpoint | None, at: datetime
) -> None:
    """The same of a verification of the whole, behind which that of new entries goes on."""
    with connection.transaction():
        store(connection, Coverage.WHOLE, verified, checkpoint, at)
        newest = read_checkpoint(connection, Coverage.NEW)
        if checkpoint and (newest is None or newest.position <= checkpoint.position):
            store(connection, Coverage.NEW, verified, checkpoint, at)
