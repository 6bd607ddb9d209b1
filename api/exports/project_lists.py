"""Exports of the lists of projects and of enterprises: the progress table, the information base, legal persons."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.response import Stream
from msgspec import structs

from api.clocks.display import left_by
from api.exports.download import EXPORTED, SHEET_FORMAT, Batches, Export, followed, in_batches, joined
from api.html.clock_names import clock_name
from api.html.page import EXPORTS, PageContext
from api.information.pages import InformationSearch, information_search
from api.legal_person.routes import InStanding, Named, OfKind, day
from api.progress.pages import Picked, picked
from api.progress.view_models import RowSources, ShownProject, clocks_by_project, running_clocks, shown_rows
from api.route_access import ACCESS
from api.web.as_of import Instants, translate_too_much
from api.web.parameters import Paging
from domain.access.principal import Caller
from infrastructure.law.lawbook import LawBook
from infrastructure.tables.table_file import Row
from projections.clocks.query import ClocksAt
from projections.information.fold import InformationRow
from projections.information.query import InformationBook, InformationFilter
from projections.legal_person.query import PersonBook, PersonFilter, RankedPerson, Then
from projections.progress.past import PastProgress
from projections.progress.query import ProgressKey, ProgressList, ProjectFilter
from projections.progress.rows import ProgressProject
from projections.snapshots import PagedReader


class ProjectExports(Controller):
    """The same rows, filters and readers as on the pages."""

    path = EXPORTS
    dependencies = EXPORTED

    @get(
        f"/progress{SHEET_FORMAT}",
        opt={ACCESS: "read:progress"},
        dependencies={"picked": Provide(picked, sync_to_thread=False)},
    )
    async def export_progress(
        self,
        export: NamedDependency[Export],
        picked: NamedDependency[Picked],
        progress: NamedDependency[ProgressList],
        clocks: NamedDependency[ClocksAt],
        paging: NamedDependency[Paging],
        list_reader: NamedDependency[PagedReader],
        laws: NamedDependency[LawBook],
        instants: NamedDependency[Instants],
    ) -> Stream:
        """项目进度表: a row a project, with the clock that ends first; now, or as of a past instant."""
        page, wanted = export.page, structs.replace(picked.wanted, limit=paging.rows_read)
        past = PastProgress(list_reader, laws, instants.past) if instants.past else None
        rows = _progress_rows(export, wanted, past or progress, clocks)
        title = page.words["label"]("progress")
        return await export.file("progress", title, _progress_columns(page), rows, wanted.t, list_reader)

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
        """法人基础库: names, codes and standing on a day; contacts are left out for every reader."""
        wanted = PersonFilter(text=text, kind=kind or "", status=status or "", caller=caller, limit=paging.rows_read)
        say, of_person = export.page.words["export"], export.page.words["of_person"]
        heads = ("code", "name", "kind", "standing", "representative", "address", "capital", "founded", "source")
        rows = _person_rows(export, wanted, persons, day)
        columns = list(map(of_person, heads))
        return await export.file("legal-persons", say("persons"), columns, rows, day.known, list_reader)


LABELS = ("project", "enterprise", "manager")


def _progress_columns(page: PageContext) -> list[str]:
    label, sheet, say = page.words["label"], page.words["sheet"], page.words["export"]
    return [
        page.words["of_person"]("code"),
        *(label("project"), label("enterprise"), label("manager"), sheet("kind")),
        *(say("step"), say("steps"), sheet("phase"), label("done_of"), say("total"), sheet("stuck")),
        *(sheet("now"), page.words["bureau"]("clock"), label("department"), page.words["bureau"]("due")),
        *(sheet("left"), say("unit"), label("holder"), say("changed"), say("changed_at"), say("project_id")),
    ]


async def _progress_rows(
    export: Export, wanted: ProjectFilter, progress: ProgressList | PastProgress, clocks: ClocksAt
) -> Batches:
    async def read(criteria: ProjectFilter) -> tuple[Sequence[ProgressProject], ProgressKey | None]:
        rows = await translate_too_much(progress.page(criteria))
        return followed(rows, criteria.limit, lambda row: (row.changed_at or criteria.t, row.project))

    async for rows in in_batches(read, wanted):
        ids = [row.project for row in rows]
        running = clocks_by_project(await running_clocks(clocks, ids) or ())
        sources = RowSources(await progress.items(ids), running, wanted.t)
        shown = shown_rows(export.page, rows, sources)
        yield [_progress_row(export, row, sources) for row in shown]


def _progress_row(export: Export, shown: ShownProject, sources: RowSources) -> Row:
    page, project, first = export.page, shown.project, shown.first
    clock: Row = ("", "", "", None, None, "")
    if first:
        say, (left, unit) = clock_name(page), left_by(first, sources.t)
        names = {item.item: page.called(item.name) for item in sources.items.get(project.project, [])}
        clock = (
            *(names.get(first.item) or first.item, say(first.clock), page.office(first.department), first.due_on),
            *(left, page.words["unit_of"](unit)),
        )
    return (
        *(project.code, project.name, project.enterprise, project.manager, page.words["kind_of"](project.kind)),
        *(project.phase_nth, project.phases, page.called(project.phase_name)),
        *(project.items_done, project.items_total, export.yes(project.stuck), *clock),
        joined(map(page.who, project.holders)),
        *(page.words["fact"](project.last_fact), export.instant(project.changed_at, project.law)),
        str(project.project),
    )


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
