"""Checks of the ledger before a server works on it: for traces of an incomplete restore or an edited table.

The whole of it is for `countersign verify`, which reads every entry; this takes some hundredths of a second.
"""

from __future__ import annotations

from typing import LiteralString

import psycopg
import structlog

from infrastructure.errors import OperatorError
from infrastructure.verifier.guards import guard_faults

ENDS: LiteralString = """
    SELECT (SELECT h.seq FROM ledger.head AS h), (SELECT coalesce(max(e.seq), 0) FROM ledger.event AS e),
           (SELECT coalesce(max(c.seq), 0) FROM ledger.command AS c)
"""

log = structlog.get_logger()


class LedgerUnsoundError(OperatorError):
    """No server may work on the ledger as it is. The message says why, and what would help."""

    code = "ledger-unsound"


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
