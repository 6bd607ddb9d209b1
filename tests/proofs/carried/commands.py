"""Command rows of a carried ledger: every id with its entries, and the ids under which senders' keys are found now."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import psycopg
from msgspec import json

from domain.core.ledger import Role
from infrastructure.ledger.sent_command import command_id_of
from tests.proofs.proof import RefutedError

FORMER = "SELECT id, fingerprint, seq, reply, at FROM ledger.command"
CURRENT = "SELECT id, fingerprint, seq, reply, at FROM ledger.command WHERE alias = %s"
METAS = "SELECT seq, meta FROM ledger.event ORDER BY seq"
Rows = dict[UUID, tuple[Any, ...]]


def require_same_commands(former: str, current: str) -> int:
    """Every command row is there, says the same, and is that of its last entry; how many. Raises RefutedError.

    Where a person or program sent it with a key, it is found under the id that this key leads its sender to as well.
    """
    with psycopg.connect(former) as connection:
        before = rows_in(connection.execute(FORMER))
    with psycopg.connect(current) as connection:
        after, aliases = (rows_in(connection.execute(CURRENT, [alias])) for alias in (False, True))
        wanted, spans = sent_in(connection)
    if before != after:
        differing = sorted(map(str, dict(before.items() ^ after.items())))
        raise RefutedError(f"{len(differing)} command rows are not the same, such as {differing[0]}")
    if of_none := [id_ for id_, row in after.items() if spans.get(id_, (None, 0))[1] != row[1]]:
        raise RefutedError(f"{len(of_none)} command rows are not at the last of their entries, such as {of_none[0]}")
    if lost := [id_ for id_, (entries, _) in spans.items() if id_ not in after and entries]:
        raise RefutedError(f"{len(lost)} commands have entries and no row, such as {lost[0]}")
    expected = {alias: after[id_] for id_, alias in wanted.items() if id_ in after}
    if aliases != expected:
        raise RefutedError(f"{len(dict(aliases.items() ^ expected.items()))} ids of senders' keys lead elsewhere")
    return len(after)


def rows_in(cursor: psycopg.Cursor[tuple[Any, ...]]) -> Rows:
    """Command rows by their ids."""
    return {row[0]: row[1:] for row in cursor}


def sent_in(connection: psycopg.Connection[Any]) -> tuple[dict[UUID, UUID], dict[UUID, tuple[int, int]]]:
    """By each command's id in the entries: the id that its sender's key leads to, and how many entries end where."""
    wanted: dict[UUID, UUID] = {}
    last, entries = dict[UUID, int](), Counter[UUID]()
    for seq, meta in connection.execute(METAS):
        recorded = json.decode(meta)
        id_ = UUID(recorded["command_id"])
        last[id_] = seq
        entries[id_] += 1
        if recorded["by"]["role"] != Role.SYSTEM.value and not recorded["source"]:
            wanted[id_] = command_id_of(recorded["by"]["id"], id_)
    return wanted, {id_: (entries[id_], seq) for id_, seq in last.items()}
