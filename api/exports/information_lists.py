"""Exports of the lists about enterprises: the information base of projects, and legal persons."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.response import Stream
from msgspec import structs

from api.exports.download import EXPORTED, SHEET_FORMAT, Batches, Export, followed, in_batches
from api.html.page import EXPORTS
from api.information.pages import InformationSearch, information_search
from api.legal_person.routes import PERSON_FILTER, day
from api.route_access import ACCESS
from api.web.as_of import translate_too_much
from api.web.parameters import Paging
from projections.information.fold import InformationRow
from projections.information.query import InformationBook, InformationFilter
from projections.legal_person.query import DayAsKnown, PersonBook, PersonFilter, RankedPerson
from projections.snapshots import PagedReader

LABELS = ("project", "enterprise", "manager")


class InformationExports(Controller):
    """The same rows, filters and readers as on the pages."""

    path = EXPORTS
    dependencies = EXPORTED

    @get(
        f"/information{SHEET_FORMAT}",
        opt={ACCESS: "read:information"},
        dependencies={"information_search": Provide(information_search, sync_to_thread=False)},
    )
    async def export_information(
        self,
        export: NamedDependency[Export],
        information_search: NamedDependency[InformationSearch],
        list_reader: NamedDependency[PagedReader],
    ) -> Stream:
        """项目信息库: the projects that match, and how complete what is known of each is; no contacts."""
        past, label, base = information_search.past, export.page.words["label"], export.page.words["base"]
        book = InformationBook(list_reader, past)
        heads = ["code", "project", "enterprise", "uscc", "manager", "registered", "filled", "required", "whole"]
        columns = [label(head) if head in LABELS else base(head) for head in heads]
        rows = _information_rows(export, information_search.wanted, book)
        as_of = past.t if past else export.now
        return await export.file("information", base("base"), columns, rows, as_of, list_reader)

    @get(
        f"/legal-persons{SHEET_FORMAT}",
        opt={ACCESS: "read:legal_person"},
        dependencies={"day": Provide(day, sync_to_thread=False), **PERSON_FILTER},
    )
    async def export_persons(
        self,
        *,
        export: NamedDependency[Export],
        day: NamedDependency[DayAsKnown],
        persons: NamedDependency[PersonBook],
        person_filter: NamedDependency[PersonFilter],
        paging: NamedDependency[Paging],
        list_reader: NamedDependency[PagedReader],
    ) -> Stream:
        """法人基础库: names, codes and standing on a day; contacts are left out for every reader."""
        wanted = structs.replace(person_filter, limit=paging.rows_read)
        say, of_person = export.page.words["export"], export.page.words["of_person"]
        heads = ("code", "name", "kind", "standing", "representative", "address", "capital", "founded", "source")
        rows = _person_rows(export, wanted, persons, day)
        columns = list(map(of_person, heads))
        return await export.file("legal-persons", say("persons"), columns, rows, day.known, list_reader)


async def _information_rows(export: Export, wanted: InformationFilter, book: InformationBook) -> Batches:
    async def read(criteria: InformationFilter) -> tuple[Sequence[InformationRow], object]:
        results = await translate_too_much(book.listed(criteria))
        return results.rows, results.ends_with

    base = export.page.words["base"]
    async for rows in in_batches(read, wanted):
        yield [
            (
                *(row.code, row.name, row.enterprise, row.uscc, row.manager),
                *(export.instant(row.registered_at, row.law), row.filled, row.required),
                base("complete" if row.complete else "incomplete"),
            )
            for row in rows
        ]


async def _person_rows(export: Export, wanted: PersonFilter, persons: PersonBook, day: DayAsKnown) -> Batches:
    async def read(criteria: PersonFilter) -> tuple[Sequence[RankedPerson], object]:
        rows = await persons.listed(criteria, day)
        return followed(rows, criteria.limit, lambda ranked: ranked.place)

    kind, standing = export.page.words["person_kind"], export.page.words["standing_of"]
    async for rows in in_batches(read, wanted):
        yield [
            (
                *(row.code, row.name, kind(row.kind), standing(row.status), row.representative, row.address),
                *(f"{row.capital} {row.currency}".strip(), row.founded_on, row.source),
            )
            for row in (ranked.row for ranked in rows)
        ]
