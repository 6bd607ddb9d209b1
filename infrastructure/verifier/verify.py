"""Verifies the ledger: hash chains, stored answers, and guards. Continues after faults, and lists them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
from msgspec import Struct

from infrastructure.ledger.hash_chain import Fault
from infrastructure.proof.log import LogError, LogReader
from infrastructure.verifier.checkpoint import Checkpoint
from infrastructure.verifier.walk import Walk, pages

FAULTS_LISTED_MAX = 1000  # in a forged ledger, every entry is a fault
# In one statement, so of one moment: a command that came in between would be answered behind the end of the ledger.
ENDS = """
    SELECT (SELECT h.seq FROM ledger.head AS h), (SELECT coalesce(max(e.seq), 0) FROM ledger.event AS e),
           CASE WHEN %s THEN (SELECT coalesce(max(c.seq), 0) FROM ledger.command AS c) ELSE 0 END
"""


class Verified(Struct, frozen=True):
    """The result of a verification. *hash* and *commands_hash* are digests of everything that was read.

    *faults* lists the first of *fault_count* faults, *set_back* the first positions before which the clock was set
    back: no fault, but what follows may say an earlier time than what was recorded before it.
    """

    position: int
    entries: int
    streams: int
    commands: int
    hash: str
    commands_hash: str
    fault_count: int
    faults: list[Fault]
    set_back: list[Fault] = []


def verify(
    url: str,
    progress: Callable[[int, int], None],
    earlier: Checkpoint | None = None,
    log: LogReader | None = None,
    *,
    since: Checkpoint | None = None,
) -> tuple[Verified, Checkpoint | None]:
    """Recompute every hash; also find missing positions, versions out of order, a truncated end, stored answers that
    are missing or changed, disabled guards, and differences from an *earlier* checkpoint and from the transparency
    *log*. Returns the result and a new checkpoint, which is None if there are faults.

    With *since* only what came after that checkpoint is read, and a short stretch before it: counts, digests and the
    new checkpoint are those of the whole ledger if nothing before was changed, which is not looked at.

    Verifies up to the last entry at the time of the call, whatever the head row says. *progress* is called with the
    position reached and the last one. Raises psycopg's errors.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        head, last, last_answer = connection.execute(ENDS, [since is None]).fetchone() or (None, 0, 0)
        walk = Walk(last, earlier, since)
        for rows in pages(connection, last, walk.chain.seq):
            walk.take(connection, rows)
            progress(walk.chain.seq, last)
        faults = walk.faults(connection, head, last_answer)
        if log is not None and log.note is not None:
            begin = since.position if since else 0
            faults = sorted([*faults, *log_faults(connection, log, last, begin)], key=lambda fault: fault.seq)
    return _verified(walk, last, faults), None if faults else walk.checkpoint()


def _verified(walk: Walk, last: int, faults: Sequence[Fault]) -> Verified:
    """The result of a *walk* to the position *last*."""
    return Verified(
        last,
        walk.entries,
        walk.stream_count,
        walk.commands.count,
        walk.digests.entries.hex(),
        walk.digests.commands.hex(),
        len(faults),
        list(faults[:FAULTS_LISTED_MAX]),
        walk.commands.set_back[:FAULTS_LISTED_MAX],
    )


def log_faults(connection: psycopg.Connection[Any], log: LogReader, last: int, begin: int = 0) -> Iterator[Fault]:
    """Where the ledger, which ends at *last*, is not what the transparency log has signed, behind position *begin*."""
    size = log.checkpoint.size
    try:
        position = log.compare(connection, begin)
    except (LogError, OSError) as error:
        yield Fault(0, f"the transparency log can't be compared with: {error}")
        return
    if position is None:
        return
    if last < size and position == last + 1:
        yield Fault(position, f"the ledger ends at {last}, but a checkpoint of {size} entries was signed")
    else:
        yield Fault(position, "the entry is not the one that is in the transparency log")
