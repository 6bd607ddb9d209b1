"""The catalogues and flows published here, as decisions read them: folded, cached, and kept up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from time import monotonic
from uuid import UUID

from domain.catalogue.state import Catalogue
from domain.core.ledger import Fact
from domain.flow.state import Flow
from domain.messages import tag_of
from domain.reference_data import ReferenceData
from domain.streams import CATALOGUE, FLOW, replay
from domain.streams import follow as follow_state
from infrastructure.ledger.mapper import StoredRow, entry_from
from infrastructure.ledger.reader import Store

REFRESH_SECONDS = 1.0  # the maximum delay until an edition that another process published is used here
FACTS = tuple(tag_of(fact) for kind in (CATALOGUE, FLOW) for fact in kind.facts)


class ReferenceDataCache:
    """A cache of the published reference data. Reads don't wait; the ledger is checked at most once a second."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.changes = 0  # grows with every change of the shelf
        self._lock = asyncio.Lock()
        self.forget()

    def forget(self) -> None:
        """Clear the cache: the next call reads the shelf from the beginning of the ledger."""
        self._catalogues: dict[UUID, Catalogue] = {}
        self._flows: dict[UUID, Flow] = {}
        self._seen = 0  # how far the ledger was read
        self._checked_at = -REFRESH_SECONDS
        self.shelf = ReferenceData(self._catalogues, self._flows)
        self.changes += 1

    @property
    def stale(self) -> bool:
        """Whether it is time to look again."""
        return monotonic() - self._checked_at >= REFRESH_SECONDS

    def expect_news(self, facts: Iterable[Fact]) -> None:
        """Check again on the next use, where *facts* that were stored here are a catalogue's or a flow's."""
        if any(tag_of(fact) in FACTS for fact in facts):
            self._checked_at = -REFRESH_SECONDS

    async def current(self) -> ReferenceData:
        """The shelf, with everything published up to a second ago, here or by another process."""
        if self.stale:
            async with self._lock:
                if self.stale:
                    await self._look()
        return self.shelf

    async def refresh(self, known: int = 0) -> bool:
        """Look into the ledger; whether there is anything new since so many *changes*, found here or by others."""
        async with self._lock:
            await self._look()
        return self.changes != known

    async def _look(self) -> None:
        head, checked_at = await self._store.head(), monotonic()
        if head < self._seen:
            self.forget()
        seen = self._seen
        rows = await self._store.of_types(FACTS, seen) if head > seen else []
        if seen != self._seen:
            return  # forgotten meanwhile: what was read is not all of it
        for row in rows:
            self._take(row)
        self._seen, self._checked_at = max(head, self._seen, *(row.seq for row in rows)), checked_at
        self.changes += bool(rows)

    def _take(self, row: StoredRow) -> None:
        entry = entry_from(row)
        state = self._catalogues.get(row.stream) or self._flows.get(row.stream)
        if state is None:
            state = replay(row.stream, [entry])  # type: ignore[assignment]  # only their facts were asked for
        else:
            follow_state(state, entry)
        if isinstance(state, Catalogue):
            self._catalogues[row.stream] = state
        elif isinstance(state, Flow):
            self._flows[row.stream] = state
