"""The dossiers of the projects that the watcher looked at last, brought up to date by what was written since."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from domain.messages import Entry
from domain.streams import of_project
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.lru_cache import WeightedLruCache
from infrastructure.ledger.mapper import COLUMNS, StoredRow, entry_from
from projections.watch.state import WatchState

FACTS_KEPT_MAX = 200_000  # about a kilobyte each
NEWS = (
    f"SELECT {', '.join('e.' + name for name in COLUMNS.split(', '))} FROM ledger.event AS e"  # noqa: S608 our own
    " JOIN unnest(%s::uuid[], %s::int[]) AS known (stream, version) ON e.stream = known.stream"
    " AND e.version > known.version ORDER BY e.stream, e.version"
)


class WatchCache:
    """Kept in memory, the longest unused ones forgotten first. One reader at a time."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals
        self._kept: WeightedLruCache[UUID, WatchState] = WeightedLruCache(FACTS_KEPT_MAX)
        approvals.high_water.listeners.append(self._kept.clear)

    async def read(self, streams: Sequence[UUID]) -> tuple[list[WatchState], dict[UUID, int]]:
        """The dossiers of *streams* as they stand in the ledger; those of no project, with their last version."""
        versions = [self._kept[stream].version if stream in self._kept else 0 for stream in streams]
        async with self._approvals.store.cursor() as cursor:
            await cursor.execute(NEWS, [list(streams), versions])
            rows = [StoredRow(*row) for row in await cursor.fetchall()]
        news = {stream: [entry_from(row) for row in found] for stream, found in groupby(rows, attrgetter("stream"))}
        found: list[WatchState] = []
        others: dict[UUID, int] = {}
        for stream in streams:
            entries = news.get(stream, [])
            if stream in self._kept or (entries and of_project(entries)):
                found.append(await self._updated(stream, entries))
            elif entries:
                others[stream] = entries[-1].version
        return found, others

    async def again(self, dossier: WatchState) -> WatchState:
        """The same project's, with what was written since."""
        project = dossier.project.id
        known = dossier.version if project in self._kept else 0
        return await self._updated(project, await self._approvals.history(project, after=known))

    def forget(self, project: UUID) -> None:
        """Read this one from its entries next time."""
        self._kept.forget(project)

    async def _updated(self, project: UUID, entries: Sequence[Entry]) -> WatchState:
        kept = self._kept.forget(project)
        if kept is None or not kept.follow(entries):
            kept = WatchState.of(entries if kept is None else await self._approvals.history(project))
        self._kept.keep(project, kept, kept.version)
        self._kept.make_room()
        return kept
