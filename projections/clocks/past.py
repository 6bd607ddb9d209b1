"""Clocks read from the ledger: exactly, for any instant as known at any other, a handful of projects at a time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from uuid import UUID

from domain.messages import Entry
from domain.streams import of_project
from projections.clocks.law_events import Histories, item_histories
from projections.clocks.nodes import Node
from projections.clocks.reading import ItemReading, read
from projections.reader import Laws, Reader, StoredEntry

PROJECTS_AT_A_TIME = 100  # some thousand entries: read and judged in less than a second, then other requests are served


Applications = Collection[tuple[UUID, str, int]]  # each a project, an item, and which of its applications


async def histories_known(store: Reader, project: UUID, known: datetime) -> Histories:
    """Every application of one project, as was known at *known*; none of what is no project."""
    entries = [row.decoded() for row in await store.stream(project, after=0)]
    return item_histories(entries, known) if of_project(entries) else {}


async def entries_known(store: Reader, project: UUID, known: datetime) -> list[Entry]:
    """The entries of one stream that had been recorded by *known*."""
    return [entry for row in await store.stream(project, after=0) if (entry := row.decoded()).recorded_at <= known]


async def readings_of(
    store: Reader,
    laws: Laws,
    nodes: Sequence[Node],
    projects: Sequence[UUID],
    t: datetime,
    known: datetime,
    only: Applications | None = None,
) -> AsyncIterator[tuple[UUID, list[ItemReading]]]:
    """Every application of *projects* at *t*, as known at *known*, or *only* some; of some nothing was known yet."""
    for first in range(0, len(projects), PROJECTS_AT_A_TIME):
        rows = await store.streams(projects[first : first + PROJECTS_AT_A_TIME])
        for project in await asyncio.to_thread(judged, rows, laws, nodes, t, known, only):
            yield project


def judged(
    rows: Sequence[StoredEntry],
    laws: Laws,
    nodes: Sequence[Node],
    t: datetime,
    known: datetime,
    only: Applications | None = None,
) -> list[tuple[UUID, list[ItemReading]]]:
    """The projects in *rows*, each with its applications, or *only* some, in the order in which they began.

    What is about other items makes no difference to an application, and is not decoded.
    """
    cases = None if only is None else {(project, item) for project, item, _ in only}
    by_project: defaultdict[UUID, list[Entry]] = defaultdict(list)
    for row in rows:
        if cases is None or not (item := row.item) or (row.stream, item) in cases:
            by_project[row.stream].append(row.decoded())
    judgements = []
    for project, entries in by_project.items():
        histories = item_histories(entries, known).items()
        wanted = (history for key, history in histories if only is None or (project, *key) in only)
        items = (read(history, laws, t, known, nodes) for history in wanted)
        judgements.append((project, [item for item in items if item is not None and item.clocks]))
    return judgements
