"""One walk over the ledger, or over what came after a checkpoint: its state, and all faults at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import psycopg

from infrastructure.ledger.hash_chain import EARLIEST_US, GENESIS, Fault, Last, RawRow, Verifier
from infrastructure.verifier.checkpoint import NOTHING, Checkpoint, Digests, differences, positions_for
from infrastructure.verifier.command_check import CommandCheck, StoredAnswer, command_of, expected_answer, stored
from infrastructure.verifier.guards import guard_faults
from infrastructure.verifier.stream_check import alias_faults, stream_faults

PAGE_ROWS_MAX = 5000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_2000_US = 946_684_800_000_000  # of binary timestamps, in Unix microseconds
LAST_DAY_US = 253_402_214_400_000_000  # Unix microseconds of 9999-12-31, the last day of Python's date
INFINITIES = {-(2**63), 2**63 - 1}  # as binary timestamps
# Values are read unconverted: one that Python can't represent must not abort the verification.
READ = """
    SELECT seq, uuid_send(stream), version, convert_to(type, 'UTF8'), data, meta,
           timestamptz_send(occurred_at), timestamptz_send(recorded_at), hash
    FROM ledger.event WHERE seq > %s AND seq <= %s ORDER BY seq LIMIT %s
"""
# The last entry of each stream up to a position, with the stored name of the stream's first fact.
ENDS_OF_STREAMS = """
    SELECT uuid_send(s.stream), x.version, x.hash, timestamptz_send(x.recorded_at), x.seq, convert_to(f.type, 'UTF8')
    FROM unnest(%(streams)s::uuid[]) AS s (stream)
    CROSS JOIN LATERAL (
        SELECT e.type FROM ledger.event AS e WHERE e.stream = s.stream ORDER BY e.version LIMIT 1
    ) AS f
    CROSS JOIN LATERAL (
        SELECT e.version, e.hash, e.recorded_at, e.seq FROM ledger.event AS e
        WHERE e.stream = s.stream AND e.seq <= %(position)s ORDER BY e.version DESC LIMIT 1
    ) AS x
"""
STRANGERS = "SELECT count(*) FROM ledger.command WHERE NOT alias AND seq <= %s"


class Walk:
    """State of one verification up to position *last*.

    It compares with the checkpoint *earlier*. Where it goes on from the checkpoint *since*, the ends of streams are
    read from the ledger as they are met; what concerns older entries alone is left to a verification of the whole.
    """

    def __init__(self, last: int, earlier: Checkpoint | None = None, since: Checkpoint | None = None) -> None:
        self.last, self.earlier, self.since = last, earlier, since
        self._sampled = positions_for(last)
        wanted = {step.position for step in earlier.steps} if earlier else set[int]()
        self.digests = Digests(wanted | set(self._sampled), since)
        self.chain, self.commands = Verifier(since.position if since else 0), CommandCheck()
        self.entries = self.streams = self.recorded = 0
        if since:
            self.entries, self.streams, self.commands.count = since.entries, since.streams, since.commands
            self.recorded = (datetime.fromisoformat(since.recorded_at) - EPOCH) // timedelta(microseconds=1)

    def take(self, connection: psycopg.Connection[Any], rows: list[RawRow]) -> None:
        """Check the next rows, in order of position. All rows of a command must come in one call."""
        if self.since:
            unknown = {row.stream for row in rows if row.stream is not None} - self.chain.heads.keys()
            self.chain.heads |= ends_of_streams(connection, unknown, self.since.position)
        self.chain.take(rows)
        for group, answer in answered(connection, rows):
            if command := command_of(group[0]):
                self.commands.take(expected_answer(group, command), answer)
            self.digests.take_command(group, answer)
        self.entries += len(rows)
        self.recorded = max(self.recorded, rows[-1].recorded or 0)

    def faults(self, connection: psycopg.Connection[Any], head: int | None, last_answer: int) -> list[Fault]:
        """All faults, by position; faults that concern no entry have position 0."""
        faults = [*guard_faults(connection)]
        if self.last == 0:
            faults.append(Fault(0, "the ledger is empty: nothing could be verified"))
        if self.since and self.since.position > self.last:
            return [*faults, *differences(self.since, self.digests.at, self.last)]
        self.chain.finish(head, last_answer)
        if self.since:
            faults += tail_faults(connection, self.since)
        else:
            row = connection.execute(STRANGERS, [self.last]).fetchone()
            strangers = (row[0] if row else 0) - self.commands.count
            if strangers > 0:
                faults.append(
                    Fault(0, f"{strangers} stored answers belong to no entry: such commands would be skipped")
                )
            faults += alias_faults(connection, self.last)
        faults += [*self.chain.faults, *self.commands.faults]
        faults += stream_faults(connection, self.chain.heads, self.last, is_whole=self.since is None)
        if self.earlier:
            faults += differences(self.earlier, self.digests.at, self.last)
        return sorted(faults, key=lambda fault: fault.seq)

    @property
    def stream_count(self) -> int:
        """The number of streams up to the last position."""
        return self.streams + self.chain.begun

    def checkpoint(self) -> Checkpoint:
        """A checkpoint of what was read, for later comparisons."""
        samples = [self.digests.at[position] for position in self._sampled if position in self.digests.at]
        recorded = EPOCH + timedelta(microseconds=min(self.recorded, LAST_DAY_US))
        return Checkpoint(
            position=self.last,
            entries=self.entries,
            streams=self.stream_count,
            commands=self.commands.count,
            recorded_at=recorded.isoformat(),
            hash=self.digests.entries.hex(),
            commands_hash=self.digests.commands.hex(),
            samples=samples,
        )


def answered(
    connection: psycopg.Connection[Any], rows: Sequence[RawRow]
) -> Iterator[tuple[list[RawRow], StoredAnswer | None]]:
    """*rows* command by command, each with its stored answer."""
    groups = [(command, list(group)) for command, group in groupby(rows, command_of)]
    answers = stored(connection, [command for command, _ in groups if command])
    for command, group in groups:
        yield group, answers.get(command)


def ends_of_streams(connection: psycopg.Connection[Any], streams: set[bytes], position: int) -> dict[bytes, Last]:
    """What the entries of *streams* after *position* follow on; streams that begin later are left out."""
    params = {"streams": [UUID(bytes=stream) for stream in streams], "position": position}
    with connection.cursor(binary=True) as cursor:
        return {
            stream: Last(version or 0, hash_ or GENESIS, _instant(recorded) or EARLIEST_US, seq, first or b"")
            for stream, version, hash_, recorded, seq, first in cursor.execute(ENDS_OF_STREAMS, params).fetchall()
        }


def tail_faults(connection: psycopg.Connection[Any], since: Checkpoint) -> Iterator[Fault]:
    """Where the entries just before the checkpoint *since*, from its last sample on, are not those it was taken of.

    A ledger that went back to an earlier moment, and grew again, shows here.
    """
    before = since.samples[-1] if since.samples else NOTHING
    digests = Digests({since.position}, before)
    for rows in pages(connection, since.position, before.position):
        for group, answer in answered(connection, rows):
            digests.take_command(group, answer)
    yield from differences(since, since.at | digests.at, since.position)


def pages(connection: psycopg.Connection[Any], last: int, after: int = 0) -> Iterator[list[RawRow]]:
    """All rows behind *after* up to position *last*, in order, some thousand a page; a command's are on one page."""
    begun: list[RawRow] = []
    with connection.cursor(binary=True) as cursor:
        while rows := [_raw(row) for row in cursor.execute(READ, [after, last, PAGE_ROWS_MAX]).fetchall()]:
            after, rows = rows[-1].seq, begun + rows
            command = command_of(rows[-1])
            split = len(rows)
            while split and command and command_of(rows[split - 1]) == command:
                split -= 1
            begun = rows[split:]
            if split:
                yield rows[:split]
    if begun:
        yield begun


def _raw(row: tuple[Any, ...]) -> RawRow:
    seq, stream, version, type_, data, meta, occurred, recorded, stored_hash = row
    return RawRow(seq, stream, version, type_, data, meta, _instant(occurred), _instant(recorded), stored_hash)


def _instant(sent: bytes | None) -> int | None:
    """Unix microseconds of a binary timestamp; infinite ones stay beyond every instant."""
    if sent is None:
        return None
    number = int.from_bytes(sent, signed=True)
    return number * 2 if number in INFINITIES else number + EPOCH_2000_US
