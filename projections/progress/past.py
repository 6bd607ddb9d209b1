"""The progress table as of a past instant: its rows in every order, and its figures, with clocks and outside results.

The histories of projects, clocks and external results answer. Projects that they do not answer for are read from the
ledger, and their rows take the place of those of the histories, as in any list of a past instant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from psycopg.sql import SQL

from domain.messages import Entry
from projections.as_of import Folding, Past, Settle, Tables, tables_at
from projections.clocks.fold import CLOCKS
from projections.clocks.query import history_by
from projections.external import history as external
from projections.external.fold import OUTSIDE
from projections.progress import history
from projections.progress.ordered import ORDERS, OrderedProject, ProgressSort, ProjectKey, ordered_query
from projections.progress.query import (
    STUCK,
    UNDER_WAY,
    WAITS_FOR_APPLICANT,
    ProjectFilter,
    conditions,
    has_clock,
    is_stale,
)
from projections.progress.rows import CASES, ITEMS, PROJECTS, ProgressItem, ProgressProject
from projections.reader import Laws, Reader
from projections.snapshots import Cursor
from projections.view import Folded, Table, View, fold_at

FIGURES = """
    SELECT count(*) AS projects, count(*) FILTER (WHERE {under_way}) AS under_way,
        count(*) FILTER (WHERE {stuck}) AS stuck, count(*) FILTER (WHERE {late}) AS late,
        count(*) FILTER (WHERE {soon}) AS soon, count(*) FILTER (WHERE {stale}) AS stale,
        (SELECT count(*) FROM {held} AS p WHERE {where} AND {applicant}) AS applicant
    FROM {projects} AS p WHERE {where}
"""
COUNTED = "SELECT count(*) FROM {projects} AS p WHERE {where}"
ITEMS_OF = "SELECT i.* FROM {items} AS i WHERE i.project = ANY(%(projects)s) ORDER BY i.project, i.nth"


class PastProgress:
    """Queries on the progress table as of *past*, with clocks counted by *laws*.

    Each raises TooMuchToReadError or HistoryBehindError where the histories can't answer.
    """

    def __init__(self, store: Reader, laws: Laws, past: Past) -> None:
        self._store, self._past = store, past
        self._clocks = history_by(laws)

    async def page(self, criteria: ProjectFilter) -> list[ProgressProject]:
        """The rows that match *criteria*, the last changed first."""
        rows = await self.ordered(criteria, ProgressSort.CHANGED, criteria.last)
        return [row.project for row in rows]

    async def ordered(
        self, criteria: ProjectFilter, sort: ProgressSort, last: ProjectKey | None
    ) -> list[OrderedProject]:
        """The rows that match *criteria* after the one with the key *last*, `criteria.limit` at most."""
        order = ORDERS[sort]
        async with self._tables(criteria, *((CLOCKS,) if order.by_clocks else ())) as (cursor, tables):
            query, params = ordered_query(criteria, order, last, tables)
            await cursor.execute(query, params)
            return [OrderedProject.of(row) for row in await cursor.fetchall()]

    async def count(self, criteria: ProjectFilter) -> int:
        """The number of matching projects."""
        async with self._tables(criteria) as (cursor, tables):
            where, params = conditions(criteria, tables)
            query = SQL(COUNTED).format(projects=tables.of(PROJECTS, only=criteria.columns), where=where)
            await cursor.execute(query, params)
            ((counted,),) = await cursor.fetchall()
            return int(counted)

    async def figures(self, criteria: ProjectFilter, stale_days: int) -> Mapping[str, int]:
        """The figures of all projects in the scope of *criteria*, by name."""
        every = ProjectFilter(t=criteria.t, scope=criteria.scope)
        async with self._tables(every, CLOCKS, OUTSIDE) as (cursor, tables):
            where, params = conditions(every, tables)
            query = SQL(FIGURES).format(
                projects=tables.of(PROJECTS, only=every.columns),
                held=tables.of(PROJECTS, only=(*every.columns, "holders")),
                where=where,
                under_way=UNDER_WAY,
                stuck=STUCK,
                late=has_clock("late", tables),
                soon=has_clock("soon", tables),
                applicant=WAITS_FOR_APPLICANT,
                stale=is_stale(tables),
            )
            await cursor.execute(query, params | {"stale_days": stale_days})
            names = [column.name for column in cursor.description or ()]
            (counts,) = await cursor.fetchall()
            return dict(zip(names, counts, strict=True))

    async def items(self, projects: Sequence[UUID]) -> dict[UUID, list[ProgressItem]]:
        """The items of *projects*, each in the order of its plan."""
        items: dict[UUID, list[ProgressItem]] = {}
        async with self._tables(ProjectFilter(t=self._past.t), projects=projects) as (cursor, tables):
            params = {"projects": list(projects), **tables.params}
            await cursor.execute(SQL(ITEMS_OF).format(items=tables.of(ITEMS)), params)
            for row in await cursor.fetchall():
                items.setdefault(row[0], []).append(ProgressItem(*row))
        return items

    def _tables(
        self, criteria: ProjectFilter, *further: Table, projects: Sequence[UUID] | None = None
    ) -> AbstractAsyncContextManager[tuple[Cursor, Tables]]:
        """The tables that *criteria* and *further* columns are read from; of *projects* alone, if they are named."""
        tables = {*further}
        tables |= {CLOCKS} if criteria.warned else set()
        tables |= {OUTSIDE} if criteria.stale_days is not None else set()
        histories = [history.HISTORY]
        histories += [self._clocks] if CLOCKS in tables else []
        histories += [external.HISTORY] if OUTSIDE in tables else []
        views = tuple(of_view.view for of_view in histories)
        of_views = (PROJECTS, ITEMS, CASES, *(table for table in (CLOCKS, OUTSIDE) if table in tables))
        folding = Folding(views, of_views, self._settled(views), tuple(histories))
        return tables_at(self._store, folding, self._past, projects)

    def _settled(self, views: Sequence[View[Any]]) -> Settle:
        """Clocks are counted by what happened until the instant, by the terms and the calendar known."""
        others = [view for view in views if view is not self._clocks.view]

        def settle(project: UUID, entries: Sequence[Entry], past: Past) -> Folded:
            folded = fold_at(others, project, entries, past.t, past.known)
            if len(others) < len(views):
                folded.states[self._clocks.view.name] = self._clocks.state_at(project, entries, past.t, past.known)
            return folded

        return settle
