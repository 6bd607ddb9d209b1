"""Queries on the information base: search and filters, one project as of any instant, projects of an enterprise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed

from domain.law.calendar.moment import local_day
from domain.messages import Entry, corrections
from domain.project.information.recording import InformationRecorded
from projections.as_of import Folding, Past, Settle, Tables, tables_at
from projections.information import history
from projections.information.fold import BY_CATEGORY, PROJECTS, CategoryRow, FieldRow, Information, InformationRow
from projections.information.matching import InformationKey, MatchPage, ProjectMatches, ProjectSearch, columns_of
from projections.information.words import plain, question
from projections.keyset import Ordering, SortKey
from projections.progress import history as progress
from projections.progress.fold import Progress
from projections.progress.rows import ITEMS, ProgressItem
from projections.reader import Reader
from projections.scope import ZONE_SCOPE, Scope
from projections.snapshots import Cursor
from projections.sums import ZONE
from projections.view import CORRECTIONS, Folded, Table, fold, fold_at

WHERE: Mapping[str, LiteralString] = {  # by filter
    "words": "i.words @@ %(words)s::tsquery",
    "manager": "i.manager = %(manager)s",
    "kind": "i.kind = %(kind)s",
    "changed_since": "i.changed_at >= %(changed_since)s",
    "registered_from": "i.registered_at >= %(registered_from)s",
    "registered_before": "i.registered_at < %(registered_before)s",
    "known_category": "EXISTS (SELECT FROM {categories} AS c WHERE c.project = i.project"
    " AND c.category = %(category)s AND c.known > 0)",
    "complete_category": "EXISTS (SELECT FROM {categories} AS c WHERE c.project = i.project"
    " AND c.category = %(category)s AND c.complete = %(complete)s)",
    "complete": "i.complete = %(complete)s",
    "department": "i.departments @> ARRAY[%(department)s]",
    "stage": "EXISTS (SELECT FROM {items} AS s WHERE s.project = i.project AND s.stage = %(stage)s)",
    "stage_of_department": "EXISTS (SELECT FROM {items} AS s WHERE s.project = i.project"
    " AND s.stage = %(stage)s AND s.department = %(department)s)",
}
INFORMATION = "read:information"
INSTANTS = ("changed_since", "registered_from", "registered_before")
OF_PERSON = """
    SELECT {columns}, i.uscc = ANY(%(codes)s) FROM {information} AS i
    WHERE (i.uscc = ANY(%(codes)s) OR (i.uscc = '' AND i.enterprise = ANY(%(names)s)))
      AND {readable} AND {following}
    ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
"""
OF_PERSON_ORDER = Ordering((SortKey("i.registered_at", descending=True, nullable=True), SortKey("i.project")))
RegisteredKey = tuple[datetime | None, UUID]
VIEWS = (Information(), Progress())
HISTORIES = (history.HISTORY, progress.HISTORY)
TABLES = {"information": PROJECTS, "categories": BY_CATEGORY, "items": ITEMS}  # by placeholder in the queries
CASES = "SELECT * FROM {items} AS s WHERE s.project = ANY(%(projects)s) AND s.application > 0 ORDER BY s.project, s.nth"


class InformationFilter(Struct, frozen=True, kw_only=True):
    """Filter of projects; empty fields don't restrict.

    *complete* refers to *category* if given, else to the whole; a category alone selects projects with data in it.
    The instants *registered_from* (inclusive) and *registered_before* (exclusive) bound the registration.
    """

    text: str = ""
    category: str = ""
    complete: bool | None = None
    stage: str = ""
    department: str = ""
    manager: str = ""
    kind: str = ""
    registered_from: datetime | None = None
    registered_before: datetime | None = None
    changed_since: datetime | None = None
    scope: Scope = ZONE_SCOPE
    limit: int = 100
    offset: int = 0
    last: InformationKey | None = None  # the row before the page

    def conditions(self) -> list[LiteralString]:
        """The WHERE conditions, with the parameters of `params`."""
        category, judged = bool(self.category), self.complete is not None
        criteria = {
            "words": bool(self.text.strip()),
            "known_category": category and not judged,
            "complete_category": category and judged,
            "complete": judged and not category,
            "department": bool(self.department),
            "stage": bool(self.stage) and not self.department,
            "stage_of_department": bool(self.stage and self.department),
            **{name: bool(getattr(self, name)) for name in ("manager", "kind", *INSTANTS)},
        }
        return [WHERE[name] for name, is_used in criteria.items() if is_used]

    def params(self) -> dict[str, Any]:
        """The parameters of the conditions. A text without words matches nothing."""
        sought = question(self.text)
        named = {name: getattr(self, name) for name in self.__struct_fields__ if name not in ("scope", "last")}
        return {**named, "words": sought.words, "whole": plain(self.text)}


class InformationPast(Past, frozen=True):
    """A past instant; figures count by their as_of day in *zone*."""

    zone: str


class PersonsProject(Struct, frozen=True):
    """One project of a legal person, matched *by_code* or else by name, with the items applied for."""

    row: InformationRow
    by_code: bool
    cases: list[ProgressItem]


class KnownProject(Struct, frozen=True):
    """One project at an instant: its row, its categories in the form's order, current field values, and its items."""

    project: InformationRow
    categories: list[CategoryRow]
    fields: list[FieldRow]
    items: list[ProgressItem]


class InformationBook:
    """Queries on the view's tables, now or as of *past*."""

    def __init__(self, store: Reader, past: InformationPast | None = None) -> None:
        self._store, self._past = store, past

    async def listed(self, criteria: InformationFilter) -> ProjectMatches:
        """A page of matching projects, the best match first; without a text the last changed first.

        Raises TooMuchToReadError.
        """
        params, conditions = criteria.params(), criteria.conditions()
        read = (table for name, table in TABLES.items() if any(f"{{{name}}}" in condition for condition in conditions))
        async with self._tables(PROJECTS, *read) as (cursor, tables):
            parts = _tables_in(tables)
            search = ProjectSearch(
                tables,
                SQL(" AND ").join(
                    [criteria.scope.of("i", INFORMATION), *(SQL(condition).format(**parts) for condition in conditions)]
                ),
                params | tables.params,
            )
            page = MatchPage(criteria.limit, criteria.offset, criteria.last)
            if params["words"]:
                return await search.ranked(cursor, page, question(criteria.text).exact)
            return await search.listed(cursor, page)

    async def of_person(
        self,
        codes: Sequence[str],
        names: Sequence[str],
        limit: int,
        offset: int = 0,
        last: RegisteredKey | None = None,
        scope: Scope = ZONE_SCOPE,
    ) -> list[PersonsProject]:
        """Projects of an enterprise by *codes*, or, if registered without a code, by *names*, with their cases.

        The last registered first, after the first *offset* or the row *last*.

        Raises TooMuchToReadError.
        """
        params = {"codes": list(codes), "names": list(names), "limit": limit, "offset": offset}
        async with self._tables(PROJECTS, ITEMS) as (cursor, tables):
            parts = _tables_in(tables) | {"readable": SQL("{}").format(scope.readable("i", INFORMATION))}
            parts |= {"order": OF_PERSON_ORDER.clause}
            parts["following"] = SQL("{}").format(OF_PERSON_ORDER.following(last))
            await cursor.execute(SQL(OF_PERSON).format(**parts), params | tables.params)
            projects = [PersonsProject(InformationRow(*row[:-1]), bool(row[-1]), []) for row in await cursor.fetchall()]
            cases = {listed.row.project: listed.cases for listed in projects}
            await cursor.execute(SQL(CASES).format(**parts), {"projects": list(cases)} | tables.params)
            for row in await cursor.fetchall():
                cases[row[0]].append(ProgressItem(*row))
        return projects

    def _tables(self, *tables: Table) -> AbstractAsyncContextManager[tuple[Cursor, Tables]]:
        return tables_at(self._store, folding_of(self._past, *tables), self._past)


def folding_of(past: InformationPast | None, *tables: Table) -> Folding:
    """How *tables* of the information base and the progress table are read as of *past*."""
    zone = ZONE if past is None else past.zone
    return Folding(VIEWS, tables, _settled_by(zone), HISTORIES if zone == ZONE else ())


def _tables_in(tables: Tables) -> dict[str, Composed]:
    """The parts of the queries."""
    return {"columns": columns_of("i")} | {name: tables.of(table) for name, table in TABLES.items()}


def _settled_by(zone: str) -> Settle:
    """Figures by their as_of days in *zone*; the items are those of the progress table."""

    def settle(project: UUID, entries: Sequence[Entry], past: Past) -> Folded:
        folded = fold_at(VIEWS[1:], project, entries, past.t, past.known)
        folded.states |= fold(VIEWS[:1], project, then(entries, past.t, past.known, zone)).states
        return folded

    return settle


def known_project(
    project: UUID, entries: Sequence[Entry], as_of: datetime, known: datetime, zone: str
) -> KnownProject | None:
    """One project at *as_of*, as known at *known*, folded from all its entries; None if not yet registered.

    Days are those of *zone*. A correction counts from its recording on.
    """
    folded = fold(VIEWS, project, then(entries, as_of, known, zone))
    rows = VIEWS[0].rows(folded.states["information"], folded.project)
    if not rows:
        return None
    progress = VIEWS[1].rows(folded.states["progress"], folded.project)
    row = rows["information"][0]
    return KnownProject(
        InformationRow(*row[: len(InformationRow.__struct_fields__)]),
        [CategoryRow(*values) for values in rows["information_category"]],
        [FieldRow(*values) for values in rows["information_field"]],
        [ProgressItem(*values) for values in progress["item"]],
    )


def then(entries: Sequence[Entry], as_of: datetime, known: datetime, zone: str) -> list[Entry]:
    """The entries of a project recorded by *known* that, as known then, had happened by *as_of*.

    For entered figures it is their as_of day that counts, whenever they were entered.
    """
    learned = [entry for entry in entries if entry.recorded_at <= known]
    amended, day = corrections(learned).amended, local_day(as_of, zone)
    return [
        entry
        for entry in learned
        if isinstance(entry.fact, CORRECTIONS)
        or (isinstance(entry.fact, InformationRecorded) and entry.fact.as_of <= day)
        or (not isinstance(entry.fact, InformationRecorded) and amended.get(entry.version, entry.occurred_at) <= as_of)
    ]
