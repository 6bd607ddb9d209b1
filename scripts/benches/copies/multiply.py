"""Multiplies a simulated zone: every project again and again under other ids, with chains and answers of its own.

A simulation makes a thousand facts a second; a copy of its projects, tens of thousands. Copies differ in their ids
alone, so that views and lists have as much to do as with as many projects of their own. Personal texts are readable in
copies: they are encrypted for their first project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import md5
from itertools import groupby
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from msgspec import Struct, json
from psycopg.sql import SQL

from infrastructure.ledger.hash_chain import GENESIS, chained
from infrastructure.ledger.mapper import COLUMNS, StoredRow
from infrastructure.ledger.pg_binary import int4, int8, microseconds
from infrastructure.ledger.reader import head_of
from infrastructure.privacy.cipher import decrypted_facts
from infrastructure.verifier.command_check import EPOCH_2000_US, CommandOfEntry

PROJECT = "project"
VERSION_8 = 8  # of an id that follows no rule but ours: version 5 is reserved
ENTRIES: LiteralString = """
    COPY ledger.event (seq, stream, version, type, data, meta, occurred_at, recorded_at, hash)
    FROM STDIN (FORMAT binary)
"""
COMMANDS: LiteralString = "COPY ledger.command (seq, id, fingerprint, reply, at) FROM STDIN (FORMAT binary)"
STREAMS: LiteralString = "COPY ledger.stream (stream, kind, version, hash, seq) FROM STDIN"
FILLED = ["ledger.event", "ledger.command", "ledger.stream"]
READ = f"SELECT {COLUMNS} FROM ledger.event ORDER BY seq"  # noqa: S608 our own constant
READ_COMMANDS = "SELECT id, fingerprint, reply, at FROM ledger.command WHERE NOT alias"
BLOCK_BYTES = 1 << 20  # sent at once
ANSWERS_BYTES_MAX = 64 << 20  # kept until the COPY of entries ends
SORT_MEMORY = "512MB"  # for each index
# Each key and index of the tables: its table, its name where it is a constraint, and what makes it.
INDEXES: LiteralString = """
    SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, coalesce(quote_ident(c.conname), ''),
           coalesce(pg_get_constraintdef(c.oid), pg_get_indexdef(i.indexrelid))
    FROM pg_index AS i LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
    WHERE i.indrelid = ANY(%s::regclass[]) ORDER BY i.indexrelid
"""
Progress = Callable[[int, int], None]

_command_of = json.Decoder(CommandOfEntry).decode
_BEGIN, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"  # of COPY's binary format
_HASH_WIDTH = int4(32)
_ENTRY, _COMMAND = (columns.to_bytes(2) + int4(8) for columns in (9, 5))  # columns of a row, and the width of the first


class StreamEnd(Struct, gc=False):
    """One copy of a stream, and what its next entry follows on."""

    id: UUID
    text: bytes  # of its id
    column: bytes  # the same in COPY's binary format
    kind: str
    version: int = 0
    hash: bytes = GENESIS
    seq: int = 0


class EntryPlace(Struct, frozen=True, gc=False):
    """Where the copies of the entry at *seq* are: the first at *first*, each further one *step* positions behind."""

    seq: int
    first: int
    step: int


class Original(Struct, frozen=True, gc=False):
    """An entry of the base: its parts between the ids that differ in copies, and the columns that do not."""

    version: int
    type: bytes
    data: bytes  # as stored
    meta: bytes
    data_parts: Sequence[bytes]
    meta_parts: Sequence[bytes]
    occurred: int
    recorded: int
    before: bytes  # the columns in COPY's binary format: version and type
    after: bytes  # both instants

    @classmethod
    def of(cls, row: StoredRow, command: bytes) -> Original:
        """The entry in *row*, of a *command* with this id."""
        type_, occurred, recorded = row.type.encode(), microseconds(row.occurred_at), microseconds(row.recorded_at)
        return cls(
            row.version,
            type_,
            row.data,
            row.meta,
            decrypted_facts(row.stream, row.data).split(str(row.stream).encode()),
            row.meta.split(command),
            occurred,
            recorded,
            _column(int4(row.version)) + _column(type_),
            b"".join(_column(int8(instant - EPOCH_2000_US)) for instant in (occurred, recorded)),
        )


class Multiplier:
    """Writes *copies* of every project of the ledger *base* into another one, which is empty."""

    def __init__(self, base: str, copies: int) -> None:
        self.copies = copies
        with psycopg.connect(base) as connection, connection.cursor(binary=True) as cursor:
            rows = [StoredRow(*row) for row in cursor.execute(READ).fetchall()]
            self._answers = {id_: answer for id_, *answer in cursor.execute(READ_COMMANDS).fetchall()}
            kinds = cursor.execute("SELECT stream, kind FROM ledger.stream").fetchall()
        self._kinds: dict[UUID, str] = dict(kinds)
        self._groups = [list(group) for _, group in groupby(rows, lambda row: _command_of(row.meta).command_id)]
        self._ends: dict[UUID, list[StreamEnd]] = {}
        self._seq = 0

    @property
    def facts(self) -> int:
        """How many entries there will be."""
        return sum(len(group) * self._copies_of(group[0].stream) for group in self._groups)

    def projects(self) -> Iterator[tuple[UUID, int, UUID]]:
        """Every copy of every project: the project, the number of the copy, its id."""
        for stream, kind in self._kinds.items():
            if kind == PROJECT:
                yield from ((stream, number, copied_id(stream, number)) for number in range(self.copies))

    def places(self) -> Iterator[EntryPlace]:
        """The place of every entry of the base among the copies."""
        begun = 0
        for group in self._groups:
            for nth, row in enumerate(group):
                yield EntryPlace(row.seq, begun + nth + 1, len(group))
            begun += len(group) * self._copies_of(group[0].stream)

    def write(self, url: str, progress: Progress = lambda _done, _of: None) -> int:
        """Write the copies to the empty ledger at *url*, as its owner; returns the last position.

        Keys and indexes are made when all rows are there: that takes a small part of the time.
        """
        with psycopg.connect(url) as connection:
            if head_of(connection):
                raise RuntimeError("the ledger to write to is not empty")
            with _without_indexes(connection):
                groups, facts = iter(self._groups), self.facts
                while self._seq < facts:
                    self._copy(connection, groups)
                    progress(self._seq, facts)
                with connection.cursor() as cursor, cursor.copy(STREAMS) as copy:
                    for end in (end for ends in self._ends.values() for end in ends):
                        copy.write_row((end.id, end.kind, end.version, end.hash, end.seq))
            connection.execute("UPDATE ledger.head SET seq = %s", [self._seq])
        return self._seq

    def _copies_of(self, stream: UUID) -> int:
        return self.copies if self._kinds[stream] == PROJECT else 1

    def _copy(self, connection: psycopg.Connection[Any], groups: Iterator[Sequence[StoredRow]]) -> None:
        """Copy entries, command by command, until the answers fill their memory; then these."""
        answers, block = bytearray(_BEGIN), bytearray(_BEGIN)
        with connection.cursor() as cursor, cursor.copy(ENTRIES) as copy:
            for group in groups:
                for entries, answer in self._copies(group):
                    block += entries
                    answers += answer
                    if len(block) > BLOCK_BYTES:
                        copy.write(bytes(block))
                        block.clear()
                if len(answers) > ANSWERS_BYTES_MAX:
                    break
            copy.write(bytes(block) + _END)
        with connection.cursor() as cursor, cursor.copy(COMMANDS) as copy:
            copy.write(bytes(answers) + _END)

    def _copies(self, group: Sequence[StoredRow]) -> Iterator[tuple[bytes, bytes]]:
        """The rows of every copy of one command: its entries, and the answer to it."""
        stream, command = group[0].stream, UUID(_command_of(group[0].meta).command_id)
        originals = [Original.of(row, str(command).encode()) for row in group]
        fingerprint, reply, at = self._answers[command]
        before, after = _column(fingerprint), _column(int8(microseconds(at) - EPOCH_2000_US))
        reply_parts = reply.split(str(stream).encode())
        if stream not in self._ends:
            self._ends[stream] = [*self._beginnings(stream)]
        for number, end in enumerate(self._ends[stream]):
            id_ = copied_id(command, number)
            entries = self._entries(originals, end, str(id_).encode() if number else b"")
            answer = _column(end.text.join(reply_parts))
            yield entries, b"".join((_COMMAND, int8(self._seq), _column(id_.bytes), before, answer, after))

    def _beginnings(self, stream: UUID) -> Iterator[StreamEnd]:
        for number in range(self._copies_of(stream)):
            id_ = copied_id(stream, number)
            yield StreamEnd(id_, str(id_).encode(), _column(id_.bytes), self._kinds[stream])

    def _entries(self, originals: Sequence[Original], end: StreamEnd, command: bytes) -> bytes:
        """The rows of one copy of the entries of a command, of that id; without one they are as in the base."""
        parts, seq, previous = list[bytes](), self._seq, end.hash
        for entry in originals:
            seq += 1
            data, meta = entry.data, entry.meta
            if command:
                data, meta = end.text.join(entry.data_parts), command.join(entry.meta_parts)
            previous = chained(previous, end.id, entry.version, entry.type, data, meta, entry.occurred, entry.recorded)
            parts += (_ENTRY, int8(seq), end.column, entry.before, int4(len(data)), data, int4(len(meta)), meta)
            parts += (entry.after, _HASH_WIDTH, previous)
        end.hash, end.version, end.seq = previous, originals[-1].version, seq
        self._seq = seq
        return b"".join(parts)


def copied_id(id_: UUID, number: int) -> UUID:
    """The id of copy *number*; copy 0 keeps its own."""
    if number == 0:
        return id_
    digest = md5(b"%b %d" % (id_.bytes, number), usedforsecurity=False).digest()
    number_of = int.from_bytes(digest)
    return UUID(int=number_of & ~(0xF << 76) & ~(0x3 << 62) | VERSION_8 << 76 | 0x2 << 62)


def _column(value: bytes) -> bytes:
    """A column in COPY's binary format."""
    return int4(len(value)) + value


@contextmanager
def _without_indexes(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Drop the keys and indexes of the tables that are filled, and make them again afterwards, as they were."""
    indexes = connection.execute(INDEXES, [FILLED]).fetchall()
    for table, index, constraint, _ in indexes:
        drop = "ALTER TABLE {} DROP CONSTRAINT {}" if constraint else "DROP INDEX {1}"
        connection.execute(SQL(drop).format(SQL(table), SQL(constraint or index)))
    yield
    connection.execute(SQL("SET LOCAL maintenance_work_mem = {}").format(SORT_MEMORY))
    for table, _, constraint, definition in indexes:
        make = "ALTER TABLE {} ADD CONSTRAINT {} {}" if constraint else "{2}"
        connection.execute(SQL(make).format(SQL(table), SQL(constraint), SQL(definition)))
