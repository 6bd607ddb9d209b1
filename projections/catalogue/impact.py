"""What a new edition of a catalogue does to projects: which planned items follow it, and which keep their edition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import LiteralString

from msgspec import Struct
from psycopg.sql import SQL

from domain.catalogue.item import ServiceItem
from domain.core.types import FRESH_STAGES, OPEN_STAGES
from domain.flow.state import Flow
from projections.catalogue.reading import EditionDifference, difference, differing
from projections.reader import Reader
from projections.scope import ZONE_SCOPE, Scope

# An item that is applied for later is under the edition in force on that day; one that is under way keeps its own.
PLANNED: LiteralString = """
    SELECT s.service, count(DISTINCT i.project)::integer,
        (count(*) FILTER (WHERE i.stage = ANY(%(fresh)s::text[])))::integer,
        (count(*) FILTER (WHERE i.stage = ANY(%(open)s::text[])))::integer
    FROM unnest(%(flows)s::text[], %(editions)s::integer[], %(steps)s::text[], %(services)s::text[])
        AS s (flow, edition, step, service)
    JOIN views.adoption AS a ON a.flow = s.flow AND a.edition = s.edition AND a.until IS NULL
    JOIN views.item AS i ON i.project = a.project AND i.item = s.step
    WHERE {readable} AND i.stage = ANY(%(fresh)s::text[] || %(open)s::text[])
    GROUP BY GROUPING SETS ((s.service), ())
"""


class ItemImpact(Struct, frozen=True):
    """One service item that an edition adds, changes or withdraws; *fields* are those that differ.

    Of open projects with it, in *waiting* it is still to be applied for, and would be under the new edition; in
    *under_way* it was applied for, and keeps the edition it has.
    """

    task_code: str
    task_name: str
    task_name_en: str
    difference: EditionDifference
    fields: tuple[str, ...]
    waiting: int
    under_way: int


class EditionImpact(Struct, frozen=True):
    """The *items* that differ, by code; the number of open *projects* with any of them that the reader may see.

    *flows* are those whose newest edition names an item that would be removed: no project can be planned by them then.
    """

    items: list[ItemImpact]
    projects: int
    flows: list[str]


class PlannedServices:
    """Counts planned items by the service item they come from, in projects within *scope*."""

    def __init__(self, reader: Reader, scope: Scope = ZONE_SCOPE) -> None:
        self._reader, self._scope = reader, scope

    async def impact(
        self,
        catalogue: str,
        before: Mapping[str, ServiceItem],
        after: Mapping[str, ServiceItem],
        flows: Iterable[Flow],
    ) -> EditionImpact:
        """The impact of an edition of *catalogue* with the items *after*, where those *before* are in force."""
        differing_codes = [code for code in sorted({**before, **after}) if before.get(code) != after.get(code)]
        of_catalogue = [flow for flow in flows if any(edition.catalogue == catalogue for edition in flow.editions)]
        counts = await self._counts(catalogue, set(differing_codes), of_catalogue)
        _, projects, _, _ = counts.get(None, ("", 0, 0, 0))
        return EditionImpact(
            [_item(before.get(code), after.get(code), counts.get(code)) for code in differing_codes],
            projects,
            sorted(flow.name for flow in of_catalogue if _is_broken(flow, catalogue, before, after)),
        )

    async def _counts(
        self, catalogue: str, codes: set[str], flows: Iterable[Flow]
    ) -> dict[str | None, tuple[str | None, int, int, int]]:
        """By the code of the service item, and for all of them together under None."""
        steps = [
            (flow.name, edition.number, step.step, step.item)
            for flow in flows
            for edition in flow.editions
            if edition.catalogue == catalogue
            for step in edition.steps
            if step.item in codes
        ]
        if not steps:
            return {}
        names = ("flows", "editions", "steps", "services")
        params = {name: list(column) for name, column in zip(names, zip(*steps, strict=True), strict=True)}
        stages = {"fresh": [stage.value for stage in FRESH_STAGES], "open": [stage.value for stage in OPEN_STAGES]}
        query = SQL(PLANNED).format(readable=self._scope.readable("a", "read:flow"))
        async with self._reader.cursor() as cursor:
            await cursor.execute(query, {**params, **stages})
            return {row[0]: row for row in await cursor.fetchall()}


def _item(
    before: ServiceItem | None, after: ServiceItem | None, counts: tuple[str | None, int, int, int] | None
) -> ItemImpact:
    service = after or before
    assert service is not None  # it is in either of the two
    _, _, waiting, under_way = counts or ("", 0, 0, 0)
    return ItemImpact(
        service.task_code,
        service.task_name,
        service.task_name_en,
        difference(before, after),
        differing(before, after),
        waiting,
        under_way,
    )


def _is_broken(flow: Flow, catalogue: str, before: Mapping[str, ServiceItem], after: Mapping[str, ServiceItem]) -> bool:
    """Whether the newest edition of *flow* names an item of *catalogue* that would be removed."""
    newest = flow.editions[-1]
    removed = before.keys() - after.keys()
    return newest.catalogue == catalogue and any(step.item in removed for step in newest.steps)
