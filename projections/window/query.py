"""办件查询 cases by their number: how far each has come and what is due, from columns that hold no personal data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from domain.core.types import OPEN_STAGES, Stage
from domain.messages import Entry
from domain.project.application.submission import ItemSubmitted
from projections.clocks.reading import CONSULTED, Reading
from projections.clocks.rows import ClockRow, reading_in
from projections.reader import Laws, Reader

CASES_MAX = 500  # of one enterprise: twenty projects with all their items
COLUMNS: LiteralString = (
    "n.project, n.item, n.application, n.case_number, i.name, i.department, p.law, i.live, i.application, i.stage,"
    " i.outcome, i.missing, i.suspended, i.awaiting, i.submitted_at, i.accepted_at, i.decided_at, i.delivered_at,"
    " i.document, i.holder"
)
JOINED: LiteralString = (
    "FROM views.case_number AS n JOIN views.item AS i ON i.project = n.project AND i.item = n.item"
    " JOIN views.project AS p ON p.project = n.project"
)
BY_NUMBER: LiteralString = f"SELECT {COLUMNS} {JOINED} WHERE n.case_number = %(number)s LIMIT 1"
OF_PROJECTS: LiteralString = f"""
    SELECT {COLUMNS} {JOINED} WHERE n.project = ANY(%(projects)s)
    ORDER BY i.submitted_at DESC NULLS LAST, n.project, n.item, n.application DESC LIMIT %(limit)s
"""
CURRENT: LiteralString = f"""
    SELECT {COLUMNS} {JOINED}
    JOIN unnest(%(projects)s::uuid[], %(items)s::text[]) AS w (project, item)
        ON w.project = n.project AND w.item = n.item
    WHERE n.application = i.application
"""
CLOCKS_OF = """
    SELECT c.* FROM views.clock AS c
    WHERE c.project = %(project)s AND c.item = %(item)s AND c.application = %(application)s
"""
AWAITED = """
    SELECT i.project, i.item, i.awaiting FROM unnest(%(projects)s::uuid[], %(items)s::text[]) AS w (project, item)
    JOIN views.item AS i ON (i.project, i.item) = (w.project, w.item) WHERE i.awaiting <> '{}'
"""
USCC_OF = "SELECT a.uscc FROM views.access_project AS a WHERE a.project = %(project)s"


class WindowCase(Struct, frozen=True):
    """One application, as its number leads to it. What its item came to holds for the *latest* application alone."""

    project: UUID
    item: str
    application: int
    case_number: str
    name: str
    department: str
    law: str
    live: bool
    latest: int
    stage: str
    outcome: str
    missing: list[str]
    suspended: list[str]
    awaiting: list[str]
    submitted_at: datetime | None
    accepted_at: datetime | None
    decided_at: datetime | None
    delivered_at: datetime | None
    document: str
    holder: str

    @property
    def is_current(self) -> bool:
        """Whether it is the latest application for its item."""
        return self.application == self.latest

    @property
    def is_open(self) -> bool:
        """Whether it was not decided, declined or withdrawn yet."""
        return self.is_current and Stage(self.stage) in OPEN_STAGES


class WindowCases:
    """Queries on cases for people who have their numbers."""

    def __init__(self, store: Reader) -> None:
        self._store = store

    async def by_number(self, number: str) -> WindowCase | None:
        """The case of this number; None where no case has it."""
        async with self._store.cursor() as cursor:
            await cursor.execute(BY_NUMBER, {"number": number})
            row = await cursor.fetchone()
        return WindowCase(*row) if row else None

    async def of_projects(self, projects: Sequence[UUID], limit: int | None = CASES_MAX) -> list[WindowCase]:
        """The cases of *projects*, the one applied for last first; all of them without a *limit*."""
        async with self._store.cursor() as cursor:
            await cursor.execute(OF_PROJECTS, {"projects": list(projects), "limit": limit})
            return [WindowCase(*row) for row in await cursor.fetchall()]

    async def current(self, items: Collection[tuple[UUID, str]]) -> dict[tuple[UUID, str], WindowCase]:
        """The latest application for each of the *items* of a project, however many cases their projects have."""
        params = {"projects": [project for project, _ in items], "items": [item for _, item in items]}
        async with self._store.cursor() as cursor:
            await cursor.execute(CURRENT, params)
            cases = [WindowCase(*row) for row in await cursor.fetchall()]
        return {(case.project, case.item): case for case in cases}

    async def enterprise_of(self, project: UUID) -> str:
        """The unified social credit code of the project's enterprise; empty where it is not known."""
        async with self._store.cursor() as cursor:
            await cursor.execute(USCC_OF, {"project": project})
            row = await cursor.fetchone()
        return str(row[0]) if row else ""

    async def awaited(self, items: Collection[tuple[UUID, str]]) -> dict[tuple[object, str], list[str]]:
        """The departments whose answer is awaited, by project and item."""
        params = {"projects": [project for project, _ in items], "items": [item for _, item in items]}
        async with self._store.cursor() as cursor:
            await cursor.execute(AWAITED, params)
            return {(project, item): awaiting for project, item, awaiting in await cursor.fetchall()}

    async def clocks(self, case: WindowCase, laws: Laws, now: datetime) -> list[Reading]:
        """The clocks of the case itself at *now*, those of countersignatures apart, in the order of their start.

        Clocks that the view can't show without the ledger are left out: the page then shows no date.
        """
        params = {"project": case.project, "item": case.item, "application": case.application}
        async with self._store.cursor() as cursor:
            await cursor.execute(CLOCKS_OF, params)
            rows = [ClockRow(*row) for row in await cursor.fetchall()]
        readings = [reading_in(row, laws, now, now) for row in rows if not row.clock.startswith(CONSULTED)]
        return sorted(
            (reading for reading in readings if reading), key=lambda reading: (reading.start_on, reading.clock)
        )


def of_application(entries: Sequence[Entry], case: WindowCase) -> list[Entry]:
    """Those of *entries* that are about the case's application: from one submission until before the next."""
    number, wanted = 0, list[Entry]()
    for entry in entries:
        if case.item not in (getattr(entry.fact, "item", ""), *getattr(entry.fact, "items", ())):
            continue
        number += isinstance(entry.fact, ItemSubmitted)
        if number == case.application:
            wanted.append(entry)
    return wanted
