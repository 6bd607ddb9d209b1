"""The calendars of an installation: the shipped ones, with the notices that were applied in its ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import attrgetter
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

from domain.calendar.state import Calendar, stream_of
from domain.law.calendar.calendar import Notice
from domain.streams import replay
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.mapper import COLUMNS, StoredRow, entry_from

if TYPE_CHECKING:
    from infrastructure.ledger.approvals import Approvals  # worker processes of the projector start faster without it

REFRESH_SECONDS = 1.0  # the maximum delay until a notice applied by another process takes effect
VERSIONS = "SELECT stream, max(version) FROM ledger.event WHERE stream = ANY(%s) GROUP BY stream"
ENTRIES = f"SELECT {COLUMNS} FROM ledger.event WHERE stream = ANY(%s) ORDER BY stream, version"  # noqa: S608 our own constant

Versions = dict[UUID, int]


class Calendars:
    """Keeps `approvals.laws` up to date with applied notices. *approvals* must be opened with the shipped laws."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals, self._shipped = approvals, approvals.laws
        self.forget()
        approvals.high_water.listeners.append(self.forget)

    def forget(self) -> None:
        """Clear the cache of notices: the ledger went back to an earlier state."""
        self._versions: Versions = {}
        self._refreshed_at = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all calendars, in alphabetical order."""
        return tuple(sorted(self._shipped.calendars()))

    def is_shipped(self, name: str, notice: str) -> bool:
        """Whether the shipped calendar *name* already has a notice with this id."""
        return any(notice == known.id for known in self._shipped.calendars()[name].data.notices)

    async def laws(self) -> LawBook:
        """The law book with every notice applied up to a second ago, here or by another process."""
        if monotonic() - self._refreshed_at > REFRESH_SECONDS:
            await self.refresh()
        return self._approvals.laws

    async def refresh(self) -> bool:
        """Read applied notices from the ledger. Returns whether there were new ones."""
        streams = [stream_of(name) for name in self.names]
        async with self._approvals.store.cursor() as cursor:
            await cursor.execute(VERSIONS, [streams])
            versions: Versions = dict(await cursor.fetchall())
            self._refreshed_at = monotonic()
            if versions == self._versions:
                return False
            await cursor.execute(ENTRIES, [streams])
            rows = [StoredRow(*row) for row in await cursor.fetchall()]
        self._approvals.laws, self._versions = amended(self._shipped, rows), versions
        return True


def laws_now(connection: psycopg.Connection[Any], shipped: LawBook) -> LawBook:
    """The law book *shipped* with every notice applied so far, for processes without Approvals."""
    streams = [stream_of(name) for name in shipped.calendars()]
    with connection.cursor(binary=True) as cursor:
        rows = [StoredRow(*row) for row in cursor.execute(ENTRIES, [streams]).fetchall()]
    return amended(shipped, rows)


def amended(shipped: LawBook, rows: Iterable[StoredRow]) -> LawBook:
    """The law book with the notices applied in *rows*, all entries of the calendars; *shipped* itself if none are."""
    applied = {name: notices for name, notices in _applied(shipped, rows).items() if notices}
    return shipped.with_notices(applied) if applied else shipped


def _applied(shipped: LawBook, rows: Iterable[StoredRow]) -> Mapping[str, list[Notice]]:
    names = {stream_of(name): name for name in shipped.calendars()}
    applied: dict[str, list[Notice]] = {}
    for stream, of_stream in groupby(rows, attrgetter("stream")):
        state = replay(stream, [entry_from(row) for row in of_stream])
        if isinstance(state, Calendar):
            applied[names[stream]] = state.applied()
    return applied
