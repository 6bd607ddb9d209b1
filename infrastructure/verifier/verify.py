"""Verifies the whole ledger: hash chains, stored answers, and guards. Continues after faults, and lists them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import psycopg
from msgspec import Struct

from infrastructure.ledger.hash_chain import Fault, RawRow, Verifier
from infrastructure.proof.log import LogError, LogReader
from infrastructure.verifier.checkpoint import Checkpoint, Digests, differences, positions_for
from infrastructure.verifier.command_check import CommandCheck, StoredAnswer, command_of, expected_answer, stored
from infrastructure.verifier.guards import guard_faults
from infrastructure.verifier.stream_check import alias_faults, stream_faults

PAGE_ROWS_MAX = 5000
FAULTS_LISTED_MAX = 1000  # in a forged ledger, every entry is a fault
EPOCH_2000_US = 946_684_800_000_000  # of binary timestamps, in Unix microseconds
LAST_DAY_US = 253_402_214_400_000_000  # Unix microseconds of 9999-12-31, the last day of Python's date
INFINITIES = {-(2**63), 2**63 - 1}  # as binary timestamps
# Values are read unconverted: one that Python can't represent must not abort the verification.
READ = """
    SELECT seq, uuid_send(stream), version, convert_to(type, 'UTF8'), data, meta,
           timestamptz_send(occurred_at), timestamptz_send(recorded_at), hash
    FROM ledger.event WHERE seq > %s AND seq <= %s ORDER BY seq LIMIT %s
"""
ENDS = """
    SELECT (SELECT h.seq FROM ledger.head AS h), (SELECT coalesce(max(e.seq), 0) FROM ledger.event AS e),
           (SELECT coalesce(max(c.seq), 0) FROM ledger.command AS c)
"""


class Verified(Struct, frozen=True):
    """The result of a verification. *hash* and *commands_hash* are digests of everything that was read.

    *faults* lists the first of *fault_count* faults.
    """

    position: int
    entries: int
    streams: int
    commands: int
    hash: str
    commands_hash: str
    fault_count: int
    faults: list[Fault]


class Walk:
    """State of one verification up to position *last*, which compares with the checkpoint *earlier*."""

    def __init__(self, last: int, earlier: Checkpoint | None) -> None:
        self.last, self.earlier = last, earlier
        self._sampled = positions_for(last)
        wanted = {step.position for step in earlier.steps} if earlier else set[int]()
        self.digests = Digests(wanted | set(self._sampled))
        self.chain, self.commands = Verifier(), CommandCheck()
        self.entries = 0
        self.recorded = 0

    def take(self, connection: psycopg.Connection[Any], rows: list[RawRow]) -> None:
        """Check the next rows, in order of position. All rows of a command must come in one call."""
        self.chain.take(rows)
        groups = [(command, list(group)) for command, group in groupby(rows, command_of)]
        answers = stored(connection, [command for command, _ in groups if command])
        for command, group in groups:
            answer = answers.get(command)
            if command:
                self.commands.take(expected_answer(group, command), answer)
            self._digest(group, answer)
        self.entries += len(rows)
        self.recorded = max(self.recorded, rows[-1].recorded or 0)

    def _digest(self, rows: list[RawRow], answer: StoredAnswer | None) -> None:
        for row in rows:
            self.digests.take(row.seq, row.hash, answer.all_of_it if answer and row is rows[-1] else b"")

    def faults(self, connection: psycopg.Connection[Any], head: int | None, answered: int) -> list[Fault]:
        """All faults, by position; faults that concern no entry have position 0."""
        faults = [*guard_faults(connection)]
        if self.last == 0:
            faults.append(Fault(0, "the ledger is empty: nothing could be verified"))
        self.chain.finish(head, answered)
        row = connection.execute(
            "SELECT count(*) FROM ledger.command WHERE NOT alias AND seq <= %s", [self.last]
        ).fetchone()
        strangers = (row[0] if row else 0) - self.commands.count
        if strangers > 0:
            faults.append(Fault(0, f"{strangers} stored answers belong to no entry: such commands would be skipped"))
        faults += [*self.chain.faults, *self.commands.faults]
        faults += stream_faults(connection, self.chain.heads, self.last)
        faults += alias_faults(connection, self.last)
        if self.earlier:
            faults += differences(self.earlier, self.digests.at, self.last)
        return sorted(faults, key=lambda fault: fault.seq)

    def checkpoint(self) -> Checkpoint:
        """A checkpoint of what was read, for later comparisons."""
        samples = [self.digests.at[position] for position in self._sampled if position in self.digests.at]
        recorded = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=min(self.recorded, LAST_DAY_US))
        return Checkpoint(
            position=self.last,
            entries=self.entries,
            streams=len(self.chain.heads),
            commands=self.commands.count,
            recorded_at=recorded.isoformat(),
            hash=self.digests.entries.hex(),
            commands_hash=self.digests.commands.hex(),
            samples=samples,
        )


def verify(
    url: str,
    progress: Callable[[int, int], None],
    earlier: Checkpoint | None = None,
    log: LogReader | None = None,
) -> tuple[Verified, Checkpoint | None]:
    """Recompute every hash; also find missing positions, versions out of order, a truncated end, stored answers that
    are missing or changed, disabled guards, and differences from an *earlier* checkpoint and from the transparency
    *log*. Returns the result and a new checkpoint, which is None if there are faults.

    Verifies up to the last entry at the time of the call, whatever the head row says.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        head, last, answered = connection.execute(ENDS).fetchone() or (None, 0, 0)
        walk = Walk(last, earlier)
        for rows in pages(connection, last):
            walk.take(connection, rows)
            progress(walk.chain.seq, last)
        faults = walk.faults(connection, head, answered)
        if log is not None and log.note is not None:
            faults = sorted([*faults, *log_faults(connection, log, last)], key=lambda fault: fault.seq)
    digests = walk.digests
    verified = Verified(
        last,
        walk.entries,
        len(walk.chain.heads),
        walk.commands.count,
        digests.entries.hex(),
        digests.commands.hex(),
        len(faults),
        faults[:FAULTS_LISTED_MAX],
    )
    return verified, None if faults else walk.checkpoint()


def log_faults(connection: psycopg.Connection[Any], log: LogReader, last: int) -> Iterator[Fault]:
    """Where the ledger, which ends at *last*, is not what the transparency log has signed."""
    size = log.checkpoint.size
    try:
        position = log.compare(connection)
    except (LogError, OSError) as error:
        yield Fault(0, f"the transparency log can't be compared with: {error}")
        return
    if position is None:
        return
    if last < size and position == last + 1:
        yield Fault(position, f"the ledger ends at {last}, but a checkpoint of {size} entries was signed")
    else:
        yield Fault(position, "the entry is not the one that is in the transparency log")


def pages(connection: psycopg.Connection[Any], last: int) -> Iterator[list[RawRow]]:
    """All rows up to position *last*, in order, in pages of some thousand; a command's rows are on one page."""
    begun: list[RawRow] = []
    after = 0
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
