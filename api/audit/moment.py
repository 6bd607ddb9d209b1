"""时刻 the moment at which a ledger is looked at: the end of a day, or the recording of one of its entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from api.html.page import PageContext
from api.web.as_of import end_of, progress_as_of
from domain.messages import Entry
from projections.progress.rows import ProgressItem


class LedgerMoment(Struct, frozen=True):
    """The instant *at*, and the *entries* recorded by then, of which the last one has the version *version*; 0: none.

    *last* is the version of the ledger's last entry; *chosen*: the moment is in the address. *back* and *on* lead to
    the moments of the entries before and after.
    """

    at: datetime
    entries: Sequence[Entry]
    version: int
    last: int
    chosen: bool
    back: str
    on: str


def moment_of(page: PageContext, entries: Sequence[Entry], on: str, version: int, now: datetime) -> LedgerMoment:
    """The moment at which entry *version* had been recorded, else the end of the day *on*, else *now*.

    Raises Problem where *on* is no day.
    """
    versions = [entry.version for entry in entries]
    if version:
        known = [entry for entry in entries if entry.version <= version]
        at = max((entry.recorded_at for entry in known), default=now)
    else:
        at = end_of(on, entries[0].recorded.law if entries else "", now) or now
        known = [entry for entry in entries if entry.recorded_at <= at]
    shown = known[-1].version if known else 0
    before = [number for number in versions if number < shown]
    after = [number for number in versions if number > shown]
    return LedgerMoment(
        at,
        known,
        shown,
        versions[-1] if versions else 0,
        bool(version or on),
        page.here(entry=before[-1], on="", before="") if before else "",
        page.here(entry=after[0], on="", before="") if after else "",
    )


def items_at(project: UUID, moment: LedgerMoment) -> list[ProgressItem]:
    """The items of the project as the entries of the *moment* make them."""
    return progress_as_of(project, moment.entries, moment.at, moment.at) if moment.entries else []
