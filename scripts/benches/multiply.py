"""Multiplies a simulated zone: every project again and again under other ids, with chains and answers of its own.

A simulation makes a thousand facts a second; a copy of its projects, tens of thousands. Copies differ in their ids
alone, so that views and lists have as much to do as with as many projects of their own. Personal texts are readable in
copies: they are encrypted for their first project.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import md5
from itertools import groupby
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct, json

from infrastructure.ledger.hash_chain import GENESIS, chained
from infrastructure.ledger.mapper import COLUMNS, StoredRow
from infrastructure.ledger.pg_binary import microseconds
from infrastructure.ledger.reader import head_of
from infrastructure.privacy.cipher import decrypted_facts
from infrastructure.verifier.command_check import CommandOfEntry

PROJECT = "project"
VERSION_8 = 8  # of an id that follows no rule but ours: version 5 is reserved
ENTRIES = "COPY ledger.event (seq, stream, version, type, data, meta, occurred_at, recorded_at, hash) FROM STDIN"
COMMANDS = "COPY ledger.command (id, fingerprint, seq, reply, at) FROM STDIN"
STREAMS = "COPY ledger.stream (stream, kind, version, hash, seq) FROM STDIN"
READ = f"SELECT {COLUMNS} FROM ledger.event ORDER BY seq"  # noqa: S608 our own constant
READ_COMMANDS = "SELECT id, fingerprint, reply, at FROM ledger.command WHERE NOT alias"
GROUPS_AT_A_TIME = 2_000  # commands of the base, whose copies are kept in memory until they are written

_command_of = json.Decoder(CommandOfEntry).decode


class StreamEnd(Struct):
    """What the next entry of a stream follows on."""

    kind: str
    version: int = 0
    hash: bytes = GENESIS
    seq: int = 0


class Multiplier:
    """Writes *copies* of every project of the ledger *base* into another one, which is empty."""

    def __init__(self, base: str, copies: int) -> None:
        self._copies = copies
        with psycopg.connect(base) as connection, connection.cursor(binary=True) as cursor:
            self._rows = [StoredRow(*row) for row in cursor.execute(READ).fetchall()]
            self._answers = {id_: answer for id_, *answer in cursor.execute(READ_COMMANDS).fetchall()}
            kinds = cursor.execute("SELECT stream, kind FROM ledger.stream").fetchall()
        self._kinds: dict[UUID, str] = dict(kinds)
        self._ends: dict[UUID, StreamEnd] = {}
        self._seq = 0

    def write(self, url: str) -> int:
        """Write the copies to the empty ledger at *url*, as its owner; returns the last position."""
        with psycopg.connect(url) as connection:
            if head_of(connection):
                raise RuntimeError("the ledger to write to is not empty")
            groups = [list(group) for _, group in groupby(self._rows, lambda row: _command_of(row.meta).command_id)]
            for first in range(0, len(groups), GROUPS_AT_A_TIME):
                self._copy(connection, groups[first : first + GROUPS_AT_A_TIME])
            ends = [(stream, end.kind, end.version, end.hash, end.seq) for stream, end in self._ends.items()]
            _copied(connection, STREAMS, ends)
            connection.execute("UPDATE ledger.head SET seq = %s", [self._seq])
        return self._seq

    def _copy(self, connection: psycopg.Connection[Any], groups: Sequence[list[StoredRow]]) -> None:
        entries, commands = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
        for group in groups:
            copies = self._copies if self._kinds[group[0].stream] == PROJECT else 1
            for number in range(copies):
                entries += self._entries(group, number)
                commands.append(self._command(group[0], number))
        _copied(connection, ENTRIES, entries)
        _copied(connection, COMMANDS, commands)

    def _entries(self, group: Sequence[StoredRow], number: int) -> Iterator[tuple[Any, ...]]:
        """The rows of copy *number* of one command's entries."""
        was = group[0].stream
        stream = copied_id(was, number)
        end = self._ends.setdefault(stream, StreamEnd(self._kinds[was]))
        for row in group:
            self._seq += 1
            data, meta = row.data, row.meta
            if number:
                command = UUID(_command_of(meta).command_id)
                data = decrypted_facts(was, data).replace(str(was).encode(), str(stream).encode())
                meta = meta.replace(str(command).encode(), str(copied_id(command, number)).encode())
            times = microseconds(row.occurred_at), microseconds(row.recorded_at)
            end.hash = chained(end.hash, stream, row.version, row.type.encode(), data, meta, *times)
            end.version, end.seq = row.version, self._seq
            yield self._seq, stream, row.version, row.type, data, meta, row.occurred_at, row.recorded_at, end.hash

    def _command(self, row: StoredRow, number: int) -> tuple[Any, ...]:
        """The stored answer to copy *number* of the command of *row*, whose entries were just copied."""
        command = UUID(_command_of(row.meta).command_id)
        fingerprint, reply, at = self._answers[command]
        reply = reply.replace(str(row.stream).encode(), str(copied_id(row.stream, number)).encode())
        return copied_id(command, number), fingerprint, self._seq, reply, at


def copied_id(id_: UUID, number: int) -> UUID:
    """The id of copy *number*; copy 0 keeps its own."""
    if number == 0:
        return id_
    digest = md5(b"%b %d" % (id_.bytes, number), usedforsecurity=False).digest()
    number_of = int.from_bytes(digest)
    return UUID(int=number_of & ~(0xF << 76) & ~(0x3 << 62) | VERSION_8 << 76 | 0x2 << 62)


def _copied(connection: psycopg.Connection[Any], statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
