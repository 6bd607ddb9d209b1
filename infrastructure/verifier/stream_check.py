"""The heads of streams, and the aliases of commands, against the entries: both follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import psycopg
from msgspec import DecodeError

from domain.core.ledger import Recorded
from domain.messages import FACTS
from domain.streams import kind_named_by
from infrastructure.ledger.hash_chain import Fault, Last
from infrastructure.ledger.mapper import decode_recorded
from infrastructure.ledger.sent_command import command_id_of

STREAMS = """
    SELECT uuid_send(stream), kind, version, hash, seq FROM ledger.stream
    WHERE %(streams)s::uuid[] IS NULL OR stream = ANY (%(streams)s::uuid[])
"""
ALIASES = """
    SELECT a.id, e.meta, a.fingerprint, a.seq, a.reply, timestamptz_send(a.at)
    FROM ledger.command AS a LEFT JOIN ledger.event AS e ON e.seq = a.seq WHERE a.alias AND a.seq <= %s ORDER BY a.seq
"""
NAMED = "SELECT id, fingerprint, seq, reply, timestamptz_send(at) FROM ledger.command WHERE NOT alias AND id = ANY(%s)"
ALIASES_AT_ONCE_MAX = 10_000


def stream_faults(
    connection: psycopg.Connection[Any], heads: Mapping[bytes, Last], last: int, *, is_whole: bool = True
) -> Iterator[Fault]:
    """Where the table of heads is not what the entries up to *last* amount to; *heads* are those of the entries, of all
    streams where *is_whole*.
    """
    streams = None if is_whole else [UUID(bytes=stream) for stream in heads]
    rows = {stream: row for stream, *row in connection.execute(STREAMS, {"streams": streams}).fetchall()}
    for stream, head in heads.items():
        row = rows.pop(stream, None)
        if row is None:
            yield Fault(head.seq, f"the head of stream {UUID(bytes=stream)} is missing")
        elif row[3] <= last and tuple(row) != (_kind(head.first), head.version, head.hash, head.seq):
            yield Fault(head.seq, f"the head of stream {UUID(bytes=stream)} is not what its entries say")
    for stream, row in rows.items():
        if row[3] <= last:
            yield Fault(0, f"stream {UUID(bytes=stream)} has a head, but no entries")


def _kind(first: bytes) -> str:
    fact = FACTS.get(first.decode(errors="replace"))
    return kind_named_by(fact) if fact else ""


def alias_faults(connection: psycopg.Connection[Any], last: int) -> Iterator[Fault]:
    """Aliases of commands that no entry bears out: such a command would be answered, and never done."""
    rows = connection.execute(ALIASES, [last]).fetchall()
    for begin in range(0, len(rows), ALIASES_AT_ONCE_MAX):
        some = [(alias, _recorded(meta), answer) for alias, meta, *answer in rows[begin : begin + ALIASES_AT_ONCE_MAX]]
        ids = [recorded.command_id for _, recorded, _ in some if recorded]
        answers = {command: answer for command, *answer in connection.execute(NAMED, [ids]).fetchall()}
        for alias, recorded, answer in some:
            if (
                recorded is None
                or alias != command_id_of(recorded.by.id, recorded.command_id)
                or answer != answers.get(recorded.command_id)
            ):
                yield Fault(answer[1], f"the alias {alias} is of no command at position {answer[1]}")


def _recorded(meta: bytes | None) -> Recorded | None:
    try:
        return decode_recorded(meta or b"")
    except (DecodeError, UnicodeDecodeError):  # the check of the chain reports what can't be read
        return None
