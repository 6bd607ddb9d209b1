"""The export of the list of legal persons."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.response import Stream

from api.exports.download import EXPORTED, SHEET_FORMAT, Export, followed, in_batches
from api.html.page import EXPORTS
from api.legal_person.routes import InStanding, Named, OfKind, day
from api.route_access import ACCESS
from api.web.parameters import Paging
from domain.access.principal import Caller
from infrastructure.tables.table_file import Row
from projections.legal_person.query import PersonBook, PersonFilter, RankedPerson, Then
from projections.snapshots import PagedReader

Batches = AsyncIterator[Sequence[Row]]


class PersonExports(Controller):
    """The same rows, filters and readers as on the pages."""

    path = EXPORTS
    dependencies = EXPORTED

    @get(
        f"/legal-persons{SHEET_FORMAT}",
        opt={ACCESS: "read:legal_person"},
        dependencies={"day": Provide(day, sync_to_thread=False)},
    )
    async def export_persons(
        self,
        *,
        export: NamedDependency[Export],
        day: NamedDependency[Then],
        persons: NamedDependency[PersonBook],
        caller: NamedDependency[Caller],
        text: Named = "",
        kind: OfKind = None,
        status: InStanding = None,
        paging: NamedDependency[Paging],
        list_reader: NamedDependency[PagedReader],
    ) -> Stream:
        """法人基础库: names, codes and standing on a day; whom to call is left out, whoever asks."""
        wanted = PersonFilter(text=text, kind=kind or "", status=status or "", caller=caller, limit=paging.rows_read)
        say, of_person = export.page.words["export"], export.page.words["of_person"]
        heads = ("code", "name", "kind", "standing", "representative", "address", "capital", "founded", "source")
        rows = _person_rows(export, wanted, persons, day)
        columns = list(map(of_person, heads))
        return await export.file("legal-persons", say("persons"), columns, rows, day.known, list_reader)


async def _person_rows(export: Export, wanted: PersonFilter, persons: PersonBook, day: Then) -> Batches:
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
