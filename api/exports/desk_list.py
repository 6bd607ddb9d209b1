"""The export of a department's desk: every group in one table, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream

from api.clocks.display import left_by
from api.exports.desk_words import consequence, waits_in_words
from api.exports.download import BATCH_ROWS, EXPORTED, SHEET_FORMAT, Batches, Export
from api.html.clock_names import clock_name
from api.html.numbers import card_number, complaint_number, order_number
from api.html.page import EXPORTS
from api.route_access import ACCESS
from api.web.as_of import translate_too_much
from api.web.parameters import Department
from api.web.problems import Problem
from api.worklist.pages import Group, desk_chosen
from api.worklist.rows import DeskRow
from api.worklist.sources import DESK_SOURCES
from api.worklist.view_models import DONE, SUPERVISION, Desk, DeskSources, desk_of
from infrastructure.tables.table_file import Row
from projections.snapshots import PagedReader
from projections.waiting.desk import GROUPS_OF_ROWS

EVERY_ROW = slice(0, 1_000_000)  # of each group
CLOCK = ("clock", "due", "left")


class DeskExports(Controller):
    """The same rows, filters and readers as on the page."""

    path = EXPORTS
    opt = {ACCESS: "read:worklist"}  # noqa: RUF012  litestar's own spelling
    dependencies = EXPORTED | DESK_SOURCES

    @get(f"/worklist{SHEET_FORMAT}")
    async def export_worklist(
        self,
        export: NamedDependency[Export],
        desk_sources: NamedDependency[DeskSources],
        list_reader: NamedDependency[PagedReader],
        department: Department = "",
        group: Group = "",
    ) -> Stream:
        """部门工作台: what the department has to do, what it waits for and has to answer for, and what it decided."""
        departments = await desk_sources.waiting.departments(desk_sources.scope)
        chosen = desk_chosen(desk_sources, department, departments)
        if not chosen:
            raise Problem(
                "invalid-parameter",
                "the desk of which department is to be exported was not said",
                remedy="name it in the parameter department",
                parameter="department",
            )
        desk = await translate_too_much(desk_of(desk_sources, chosen, EVERY_ROW))
        words, at = export.page.words, desk_sources.supervision.as_of
        columns = [
            *map(words["export"], ("part", "number")),
            *(words["label"]("item"), words["label"]("project"), words["desk_say"]("step")),
            *map(words["bureau"], CLOCK),
            *(words["export"]("unit"), words["desk_say"]("if_late"), words["export"]("article")),
            *(words["label"]("decided"), words["export"]("project_id")),
        ]
        rows = _batches(list(_desk_rows(export, desk_sources, desk, chosen, group)))
        title = f"{words['desk_say']('desk')} {export.page.office(chosen)}"
        if not desk.whole:
            title += f" · {words['desk_say']('longer')}"
        return await export.file("worklist", title, columns, rows, at, list_reader)


def _desk_rows(export: Export, sources: DeskSources, desk: Desk, department: str, group: str) -> Iterator[Row]:
    """The rows of every group, or of *group* alone."""
    for name in GROUPS_OF_ROWS:
        if group in ("", name):
            part = export.page.words["desk_group"](name)
            for row in desk.groups[name]:
                yield (part, *_application(export, sources, desk, row, department))
    if group in ("", SUPERVISION):
        part = export.page.words["desk_group"](SUPERVISION)
        for answerable in (*_orders(export, desk), *_complaints(export, desk), *_signals(export, desk)):
            yield (part, *answerable)
    if group in ("", DONE):
        part, words = export.page.words["desk_group"](DONE), export.page.words
        for item in desk.done:
            name, project = export.page.called(item.name) or item.item, desk.names.project(item.project)
            done = (item.document, name, project, words["outcome"](item.outcome), *[None] * 6)
            yield (part, *done, export.instant(item.decided_at), str(item.project))


def _application(export: Export, sources: DeskSources, desk: Desk, row: DeskRow, department: str) -> Row:
    page, names = export.page, desk.names
    clock: Row = (None,) * 6
    if row.clock:
        reading, (left, unit) = row.clock.reading, left_by(row.clock.reading, sources.clocks.t)
        due = reading.due_on or reading.earliest_due_on
        clock = (
            *(clock_name(page)(reading.clock), due, left, page.words["unit_of"](unit)),
            *(consequence(page, row.clock), reading.article),
        )
    return (
        *("", page.called(names.item(row.project, row.item)), names.project(row.project)),
        *(waits_in_words(page, row.waits, department), *clock, None, str(row.project)),
    )


def _orders(export: Export, desk: Desk) -> Iterator[Row]:
    words = export.page.words
    for order in desk.supervised.orders:
        state = f"{words['desk_say']('order')} · {words['order_state'](order.state.value)}"
        project = desk.names.project(order.project)
        yield (
            *(order_number(order), order.about, project, state, None, order.feedback_by),
            *(*[None] * 5, str(order.project)),
        )


def _complaints(export: Export, desk: Desk) -> Iterator[Row]:
    words = export.page.words
    for row in desk.supervised.complaints:
        state = f"{words['label']('complaints')} · {words['complaint'](row.state)}"
        project = desk.names.project(row.project)
        yield (complaint_number(row), row.about, project, state, None, row.due_on, *[None] * 5, str(row.project))


def _signals(export: Export, desk: Desk) -> Iterator[Row]:
    words, page = export.page.words, export.page
    for row in desk.supervised.signals:
        level = words["rung_of"](row.rung) if row.level == "deemed" else words["level_of"](row.level)
        item = page.called(desk.names.item(row.project, row.item))
        yield (
            *(card_number(row), item, desk.names.project(row.project), level, clock_name(page)(row.clock)),
            *(row.due_on, *[None] * 5, str(row.project)),
        )


async def _batches(rows: Sequence[Row]) -> Batches:
    for first in range(0, len(rows), BATCH_ROWS):
        yield rows[first : first + BATCH_ROWS]
