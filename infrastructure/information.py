"""Asking the information base: projects by words and filters, one project as of any instant, and who has which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct

from domain.law.moment import local_day
from domain.project.information import InformationRecorded
from domain.vocabulary import Entry, corrections
from infrastructure.store import Store
from projections.information import Information
from projections.information_rows import CategoryRow, FieldRow, InformationRow
from projections.progress import Progress
from projections.progress_answers import ProgressItem
from projections.view import CORRECTIONS, fold
from projections.words import plain, question

COLUMNS: LiteralString = ", ".join(f"i.{name}" for name in InformationRow.__struct_fields__)
WHERE: Mapping[str, LiteralString] = {  # by what is asked for
    "words": "i.words @@ %(words)s::tsquery",
    "exact": "NOT EXISTS (SELECT FROM unnest(%(exact)s::text[]) AS e WHERE position(e IN i.plain) = 0)",
    "manager": "i.manager = %(manager)s",
    "kind": "i.kind = %(kind)s",
    "changed_since": "i.changed_at >= %(changed_since)s",
    "registered_from": "i.registered_at >= %(registered_from)s",
    "registered_before": "i.registered_at < %(registered_before)s",
    "known_category": "EXISTS (SELECT FROM views.information_category AS c WHERE c.project = i.project"
    " AND c.category = %(category)s AND c.known > 0)",
    "complete_category": "EXISTS (SELECT FROM views.information_category AS c WHERE c.project = i.project"
    " AND c.category = %(category)s AND c.complete = %(complete)s)",
    "complete": "i.complete = %(complete)s",
    "steps": "EXISTS (SELECT FROM views.item AS s WHERE s.project = i.project"
    " AND (%(department)s = '' OR s.department = %(department)s) AND (%(stage)s = '' OR s.stage = %(stage)s))",
}
INSTANTS = ("changed_since", "registered_from", "registered_before")
RANK: LiteralString = (  # whoever asks for a whole name wants that one first; the name is the first line
    "position(%(whole)s IN split_part(i.plain, E'\\n', 1)) > 0 DESC, ts_rank(i.words, %(words)s::tsquery) DESC,"
)
OF_PERSON: LiteralString = f"""
    SELECT {COLUMNS}, i.uscc = ANY(%(codes)s) FROM views.information AS i
    WHERE i.uscc = ANY(%(codes)s) OR (i.uscc = '' AND i.enterprise = ANY(%(names)s))
    ORDER BY i.registered_at DESC NULLS LAST, i.project LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608 our own constants

CASES: LiteralString = """
    SELECT * FROM views.item AS s WHERE s.project = ANY(%s) AND s.application > 0 ORDER BY s.project, s.nth
"""


class InformationFilter(Struct, frozen=True, kw_only=True):
    """Which projects to list; empty fields ask for nothing.

    *complete* is of *category* where one is given, else of the whole; a category alone asks for projects with something
    in it. The instants *registered_from* (included) and *registered_before* bound the registration.
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
    limit: int = 100
    offset: int = 0

    def conditions(self) -> list[LiteralString]:
        """What has to hold of a project, as SQL with the parameters of `params`."""
        category, judged = bool(self.category), self.complete is not None
        asked = {
            "words": bool(self.text.strip()),
            "exact": bool(self.text.strip()),
            "known_category": category and not judged,
            "complete_category": category and judged,
            "complete": judged and not category,
            "steps": bool(self.stage or self.department),
            **{name: bool(getattr(self, name)) for name in ("manager", "kind", *INSTANTS)},
        }
        return [WHERE[name] for name, is_asked in asked.items() if is_asked]

    def params(self) -> dict[str, Any]:
        """The values that the conditions name. A text without any word finds nothing."""
        sought = question(self.text)
        named = {name: getattr(self, name) for name in self.__struct_fields__}
        return {**named, "words": sought.words, "exact": list(sought.exact), "whole": plain(self.text)}


class Found(Struct, frozen=True):
    """A page of projects, the best match first, and how many there are in all."""

    rows: list[InformationRow]
    count: int


class KnownProject(Struct, frozen=True):
    """One project at an instant: its row, its categories in the form's order, what stands of fields, and its items."""

    project: InformationRow
    categories: list[CategoryRow]
    fields: list[FieldRow]
    items: list[ProgressItem]


class InformationBook:
    """Reads the view's tables through the store's pool."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def listed(self, asked: InformationFilter) -> Found:
        """A page of projects that match, the best match first; without a text those entered last."""
        params, wanted = asked.params(), asked.conditions()
        where = f"WHERE {' AND '.join(wanted)}" if wanted else ""
        rank = RANK if params["words"] else ""
        async with self._store.cursor() as cursor:
            await cursor.execute(f"SELECT count(*) FROM views.information AS i {where}", params)  # noqa: S608 our own
            counted = await cursor.fetchone()
            await cursor.execute(
                f"SELECT {COLUMNS} FROM views.information AS i {where}"  # noqa: S608 our own constants
                f" ORDER BY {rank} i.changed_at DESC NULLS LAST, i.registered_at DESC NULLS LAST, i.project"
                " LIMIT %(limit)s OFFSET %(offset)s",
                params,
            )
            rows = [InformationRow(*row) for row in await cursor.fetchall()]
        return Found(rows, int(counted[0]) if counted else 0)

    async def of_person(
        self, codes: Sequence[str], names: Sequence[str], limit: int, offset: int
    ) -> list[tuple[InformationRow, bool]]:
        """Projects of an enterprise with one of *codes* (True), or of one of *names* that has no code there."""
        asked = {"codes": list(codes), "names": list(names), "limit": limit, "offset": offset}
        async with self._store.cursor() as cursor:
            await cursor.execute(OF_PERSON, asked)
            return [(InformationRow(*row[:-1]), bool(row[-1])) for row in await cursor.fetchall()]

    async def cases(self, projects: Sequence[UUID]) -> dict[UUID, list[ProgressItem]]:
        """The items of *projects* that were applied for, in the order of each project's list."""
        async with self._store.cursor() as cursor:
            await cursor.execute(CASES, [list(projects)])
            items = [ProgressItem(*row) for row in await cursor.fetchall()]
        found: dict[UUID, list[ProgressItem]] = {project: [] for project in projects}
        for item in items:
            found[item.project].append(item)
        return found


def known_project(
    project: UUID, entries: Sequence[Entry], as_of: datetime, known: datetime, zone: str
) -> KnownProject | None:
    """One project at *as_of*, as known at *known*, read from all its entries; None where it was not yet registered.

    Days are those of *zone*. A correction counts from when it was recorded on.
    """
    views = (Information(), Progress())
    folded = fold(views, project, then(entries, as_of, known, zone))
    told = views[0].rows(folded.states["information"], folded.project)
    if not told:
        return None
    progress = views[1].rows(folded.states["progress"], folded.project)
    row = told["information"][0]
    return KnownProject(
        InformationRow(*row[: len(InformationRow.__struct_fields__)]),
        [CategoryRow(*one) for one in told["information_category"]],
        [FieldRow(*one) for one in told["information_field"]],
        [ProgressItem(*one) for one in progress["item"]],
    )


def then(entries: Sequence[Entry], as_of: datetime, known: datetime, zone: str) -> list[Entry]:
    """Those of a project's entries that were recorded by *known* and, as was known then, had happened by *as_of*.

    Of figures that were entered it is the day they are of that has to have come, whenever they were entered.
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
