"""The progress table of a request: its figures, filters, rows and the addresses of its other orders and views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from litestar import Response
from msgspec import Struct, structs

from api.clocks.display import clock_functions
from api.cursors import PageCursor, cursor_text, key_in
from api.html.page import PageContext
from api.html.past import as_of_fields, past_content
from api.progress.matrix import matrix_of
from api.progress.view_models import (
    RowSources,
    chips_of,
    choices_of,
    clocks_by_project,
    explained,
    figures_of,
    running_clocks,
    shown_rows,
)
from api.progress.zone_gantt import zone_gantt
from api.web.as_of import Instants, translate_too_much
from api.web.zones import zone_of
from domain.law.calendar.moment import week_from
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from projections.clocks.query import ClocksAt
from projections.progress.ordered import ORDERS, OrderedProject, ProgressSort
from projections.progress.past import PastProgress
from projections.progress.query import ProgressList, ProjectFilter
from projections.progress.ranks import ordered_page

TABLE = "/pages/progress"
VIEWS = ("table", "matrix", "gantt")


class Picked(Struct, frozen=True):
    """What the form of the table was sent with: the *wanted* projects, and the filters by their names there."""

    wanted: ProjectFilter
    fields: dict[str, str]

    @property
    def is_bare(self) -> bool:
        """Whether nothing was chosen."""
        return not self.wanted.text and not any(self.fields.values())


class TableShape(Struct, frozen=True):
    """How the table is shown: its order, its view, where the page begins, and which row is open."""

    sort: ProgressSort
    view: str
    cursor: PageCursor | None
    mark: bytes
    opened: UUID | None


class ProgressTable:
    """The progress table of one request, on any page that shows it."""

    def __init__(
        self,
        page: PageContext,
        picked: Picked,
        shape: TableShape,
        *,
        approvals: Approvals,
        laws: LawBook,
        stale_days: int,
        instants: Instants,
    ) -> None:
        self.page, self.picked, self.shape, self._instants = page, picked, shape, instants
        self._now = approvals.clock
        self._store, self._stale_days = approvals.store, stale_days
        self._progress = ProgressList(approvals.store)
        self._past = PastProgress(approvals.store, laws, instants.past) if instants.past else None
        self._clocks = ClocksAt(approvals.store, laws, instants.at, instants.known, scope=picked.wanted.scope)

    async def response(self) -> Response[str]:
        """The page: projects that match every filter, in the chosen order."""
        page, wanted = self.page, self.picked.wanted
        rows = await translate_too_much(self._rows())
        shown = rows[: wanted.limit - 1]
        figures = await translate_too_much(self._figures())
        choices = choices_of(page, await self._progress.choices(wanted.scope))
        past = as_of_fields(self._instants)
        return page.render(
            "progress.html",
            list_path=TABLE,
            as_of=wanted.t,
            figures=figures_of(figures, self.picked.fields, partial(page.link, TABLE, **past)),
            nothing=not figures["projects"],
            text=wanted.text,
            picked=self.picked.fields,
            chips=chips_of(page, self.picked.fields, choices, wanted.text),
            choices=choices,
            count=figures["projects"] if self.picked.is_bare else await translate_too_much(self._count()),
            address=TABLE,
            clear=page.link(TABLE, **past),
            explained=explained(page),
            **await self._content(shown),
            **self._links(rows),
            **past_content(page, self._instants, self._now()),
            **clock_functions(page, wanted.t, past=self._instants.is_past),
        )

    async def _rows(self) -> list[OrderedProject]:
        """The rows of the page, and one more where another page follows."""
        wanted, shape = self.picked.wanted, self.shape
        last = key_in(shape.cursor, ORDERS[shape.sort].kind) if shape.cursor else None
        if self._past:
            return await self._past.ordered(wanted, shape.sort, last)
        return await ordered_page(self._store, wanted, shape.sort, last)

    async def _figures(self) -> Mapping[str, int]:
        """The figures of the reader's projects, by name."""
        wanted = self.picked.wanted
        if self._past:
            return await self._past.figures(wanted, self._stale_days)
        week = week_from(wanted.t, zone_of(DEFAULT_LAW).key)
        return structs.asdict(await self._progress.tiles(wanted.t, week, self._stale_days, wanted.scope))

    async def _count(self) -> int:
        """How many projects match every filter."""
        return await (self._past or self._progress).count(self.picked.wanted)

    async def _content(self, rows: Sequence[OrderedProject]) -> dict[str, object]:
        """The rows in the chosen view; the other views are empty."""
        projects = [row.project for row in rows]
        ids = [project.project for project in projects]
        running = await running_clocks(self._clocks, ids)
        items = await translate_too_much((self._past or self._progress).items(ids))
        clocks = clocks_by_project(running or ())
        opened, t = self.shape.opened, self.picked.wanted.t
        content: dict[str, object] = {
            "view": self.shape.view,
            "is_empty": not projects,
            "clocks_missing": running is None,
            "rows": [],
            "matrix": None,
            "chart": None,
            "opened": opened,
            "opened_items": items.get(opened, []) if opened else [],
            "opened_clocks": {clock.item: clock for clock in reversed(clocks.get(opened, []))} if opened else {},
        }
        match self.shape.view:
            case "matrix":
                content["matrix"] = matrix_of(self.page, projects, items, clocks)
            case "gantt":
                content["chart"] = zone_gantt(projects, items, clocks, t, zone_of(DEFAULT_LAW))
            case _:
                content["rows"] = shown_rows(self.page, projects, RowSources(items, clocks, t))
        return content

    def _links(self, rows: Sequence[OrderedProject]) -> dict[str, object]:
        """Addresses of other pages, orders and views of the same list."""
        page, shape, limit = self.page, self.shape, self.picked.wanted.limit - 1
        following = ""
        if len(rows) > limit:
            following = cursor_text(shape.mark, self.picked.wanted.t, 0, rows[limit - 1].key)
        return {
            "sort": shape.sort.value,
            "by": lambda sort: page.here(sort="" if sort == "harm" else sort, cursor="", open=""),
            "views": [
                (name, page.here(view="" if name == "table" else name, open=""), name == shape.view) for name in VIEWS
            ],
            "open_link": lambda project: page.here(open=project),
            "next": page.here(cursor=following, open="") if following else "",
            "previous": page.here(cursor="", open="") if shape.cursor else "",
        }
