"""Checks of the ledger before a server works on it: for traces of an incomplete restore or an edited table.

The whole of it is for `countersign verify`, which reads every entry; this takes some hundredths of a second.
"""

from __future__ import annotations

from typing import LiteralString

import psycopg
import structlog

from infrastructure.errors import OperatorError
from infrastructure.feed.epochs import last_restore
from infrastructure.proof.log import LogReader
from infrastructure.verifier.guards import guard_faults

ENDS: LiteralString = """
    SELECT (SELECT h.seq FROM ledger.head AS h), (SELECT coalesce(max(e.seq), 0) FROM ledger.event AS e),
           (SELECT coalesce(max(c.seq), 0) FROM ledger.command AS c)
"""

SIGNED_ENTRY: LiteralString = "SELECT hash FROM ledger.event WHERE seq = %s"

log = structlog.get_logger()


class LedgerUnsoundError(OperatorError):
    """No server may work on the ledger as it is. The message says why, and what would help."""

    code = "ledger-unsound"


class OlderLedgerError(OperatorError):
    """The ledger is not what its log has signed. The message says from where on, and what would help."""

    code = "ledger-went-back"


def check_against_log(url: str, signed: LogReader) -> None:
    """Raise OlderLedgerError where the ledger lacks what was *signed* last, and no restore is recorded that says so.

    An older state that was put back looks sound in itself. Writing to it would assign positions a second time.
    """
    if signed.note is None or not (size := signed.checkpoint.size):
        return
    with psycopg.connect(url, autocommit=True) as connection:
        (_, last, _) = connection.execute(ENDS).fetchone() or (None, 0, 0)
        (hash_,) = connection.execute(SIGNED_ENTRY, [size]).fetchone() or (b"",)
        restore = last_restore(connection)
    if restore and restore.fact.log == signed.checkpoint.origin and not signed.holds(restore.position, restore.hash):
        return  # the publisher ends that log
    if last < size:
        raise OlderLedgerError(
            f"The ledger ends at position {last:,}, but its log has signed {size:,}: positions {last + 1:,} to {size:,}"
            " are gone, as an older state was put back. If it was restored, `countersign declare-restore` records that"
            " and begins a new epoch; docs/how-to/back-up.md says how. If DATABASE_URL names another ledger, it needs a"
            " COUNTERSIGN_DATA of its own."
        )
    if not signed.holds(size, bytes(hash_ or b"")):
        raise OlderLedgerError(
            f"The entry at position {size:,} is not the one that the log has signed: an older state was put back and"
            " written on, or entries were changed. `countersign verify` says from which position on. Where nothing"
            " better is to be had, `countersign log-key new-log` begins another log."
        )


def check_at_start(url: str) -> None:
    """Raise LedgerUnsoundError where every append would fail or follow on nothing; log guards that were changed."""
    with psycopg.connect(url, autocommit=True) as connection:
        head, last, answered = connection.execute(ENDS).fetchone() or (None, 0, 0)
        if head != last or answered > last:
            ends = "has no head" if head is None else f"has its head at {head:,}"
            raise LedgerUnsoundError(
                f"The ledger ends at position {last:,}, but {ends}, and its commands were answered up to {answered:,}:"
                " a restore was not finished, or its tables were edited. `countersign verify` says what is wrong;"
                " docs/how-to/back-up.md how to restore a backup."
            )
        if faults := [fault.what for fault in guard_faults(connection)]:
            log.critical("ledger_guards_changed", faults=faults, remedy="see `countersign verify`")
