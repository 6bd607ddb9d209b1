"""Cache of the projects' watch states, updated with the entries written since."""

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

FACTS_MAX = 200_000  # about a kilobyte each
NEW_ENTRIES = (
    f"SELECT {', '.join('e.' + name for name in COLUMNS.split(', '))} FROM ledger.event AS e"  # noqa: S608 our own
    " JOIN unnest(%s::uuid[], %s::int[]) AS known (stream, version) ON e.stream = known.stream"
    " AND e.version > known.version ORDER BY e.stream, e.version"
)


class WatchCache:
    """LRU cache of watch states, bounded by their number of facts. Not safe for concurrent reads."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals
        self._states: WeightedLruCache[UUID, WatchState] = WeightedLruCache(FACTS_MAX)
        approvals.high_water.listeners.append(self._states.clear)

    async def read(self, streams: Sequence[UUID]) -> tuple[list[WatchState], dict[UUID, int]]:
        """The current states of the projects among *streams*; the last versions of the other streams."""
        versions = [self._states[stream].version if stream in self._states else 0 for stream in streams]
        async with self._approvals.store.cursor() as cursor:
            await cursor.execute(NEW_ENTRIES, [list(streams), versions])
            rows = [StoredRow(*row) for row in await cursor.fetchall()]
        new = {stream: [entry_from(row) for row in group] for stream, group in groupby(rows, attrgetter("stream"))}
        states: list[WatchState] = []
        other_versions: dict[UUID, int] = {}
        for stream in streams:
            entries = new.get(stream, [])
            if stream in self._states or (entries and of_project(entries)):
                states.append(await self._updated(stream, entries))
            elif entries:
                other_versions[stream] = entries[-1].version
        return states, other_versions

    async def refreshed(self, state: WatchState) -> WatchState:
        """The state of the same project, with the entries written since."""
        project = state.project.id
        known = state.version if project in self._states else 0
        return await self._updated(project, await self._approvals.history(project, after=known))

    def forget(self, project: UUID) -> None:
        """Drop the project from the cache, so that its whole history is read next time."""
        self._states.forget(project)

    async def _updated(self, project: UUID, entries: Sequence[Entry]) -> WatchState:
        state = self._states.forget(project)
        if state is None or not state.follow(entries):
            state = WatchState.of(entries if state is None else await self._approvals.history(project))
        self._states.keep(project, state, state.version)
        self._states.make_room()
        return state
