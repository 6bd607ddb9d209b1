"""项目进度表 the progress table: the zone in a few numbers, filters, and its projects as rows, a matrix or a chart."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from api.cursors import PAGED, PageCursor
from api.html.frame import AtStage
from api.html.page import PageContext, see_other
from api.progress.routes import AtPhase, OfKind, Text, WaitingOn
from api.progress.table import TABLE, Picked, ProgressTable, TableShape
from api.route_access import ACCESS
from api.web.as_of import Instants, On
from api.web.parameters import Department, Limit, Manager
from api.web.zones import zone_of
from domain.law.calendar.moment import days_from
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from infrastructure.settings import Settings
from projections.progress.ordered import ProgressSort
from projections.progress.query import ProjectFilter
from projections.scope import Scope

PAGE_ROWS = 50

Warned = Annotated[str, QueryParameter(pattern="^(soon|late|)$", description="With a clock that is.")]
Status = Annotated[str, QueryParameter(pattern="^(open|done|)$", description="Not all items decided, or all.")]
Stuck = Annotated[str, QueryParameter(pattern="^(true|)$", description="Open, and nothing in it moves.")]
Stale = Annotated[str, QueryParameter(pattern="^(true|)$", description="With an outside result long not verified.")]
Changed = Annotated[
    Literal["", "1", "7", "30"], QueryParameter(description="Changed within so many local days, today included.")
]
Sort = Annotated[
    Literal["", "harm", "left", "changed", "phase"], QueryParameter(description="What is on top; empty: what harms.")
]
View = Annotated[Literal["", "table", "matrix", "gantt"], QueryParameter(description="How the projects are shown.")]
Opened = Annotated[UUID | None, QueryParameter(description="The project whose items are shown in its row.")]


def picked(
    *,
    instants: NamedDependency[Instants],
    settings: NamedDependency[Settings],
    text: Text = "",
    manager: Manager = "",
    phase: AtPhase = "",
    kind: OfKind = "",
    department: Department = "",
    stage: AtStage = "",
    holder: WaitingOn = "",
    warned: Warned = "",
    status: Status = "",
    stale: Stale = "",
    stuck: Stuck = "",
    changed: Changed = "",
    list_scope: NamedDependency[Scope],
    limit: Limit = PAGE_ROWS,
) -> Picked:
    """The filters of the form, whose empty fields a browser sends too."""
    wanted = ProjectFilter(
        t=instants.at,
        text=text,
        manager=manager,
        phase=phase,
        kind=kind,
        department=department,
        stage=stage,
        holder=holder,
        warned=warned,
        over=status == "done" if status else None,
        stale_days=settings.stale_days if stale else None,
        stuck=True if stuck else None,
        changed_since=days_from(instants.at, zone_of(DEFAULT_LAW).key, int(changed)) if changed else None,
        scope=list_scope,
        limit=limit + 1,  # says whether there is a next page
    )
    named = ("manager", "phase", "kind", "department", "stage", "holder", "warned")
    fields = {name: getattr(wanted, name) for name in named}
    return Picked(wanted, fields | {"status": status, "stale": stale, "stuck": stuck, "changed": changed})


def table_shape(
    list_mark: NamedDependency[bytes],
    page_cursor: NamedDependency[PageCursor | None],
    sort: Sort = "",
    view: View = "",
    open: Opened = None,  # noqa: A002  the name in the address
) -> TableShape:
    """How the table is shown. Raises Problem invalid-cursor."""
    return TableShape(ProgressSort(sort or "harm"), view or "table", page_cursor, list_mark, open)


def progress_table(
    page: NamedDependency[PageContext],
    picked: NamedDependency[Picked],
    table_shape: NamedDependency[TableShape],
    approvals: NamedDependency[Approvals],
    laws: NamedDependency[LawBook],
    settings: NamedDependency[Settings],
    instants: NamedDependency[Instants],
) -> ProgressTable:
    """The table that is asked for."""
    stale_days = settings.stale_days
    return ProgressTable(
        page, picked, table_shape, approvals=approvals, laws=laws, stale_days=stale_days, instants=instants
    )


TABLE_DEPENDENCIES = {
    **{name: PAGED[name] for name in ("list_mark", "page_cursor", "now")},
    "picked": Provide(picked, sync_to_thread=False),
    "table_shape": Provide(table_shape, sync_to_thread=False),
    "progress_table": Provide(progress_table, sync_to_thread=False),
}


class ProgressPages(Controller):
    """Filters, order, instants and place in the listing are in the address, so that it can be passed on."""

    opt = {ACCESS: "read:progress"}  # noqa: RUF012  litestar's own spelling

    @get(TABLE, dependencies=TABLE_DEPENDENCIES)
    async def progress_table(
        self,
        page: NamedDependency[PageContext],
        progress_table: NamedDependency[ProgressTable],
        approvals: NamedDependency[Approvals],
        on: On = "",
    ) -> Response[str]:
        """The projects that match every filter, now or as of a past instant."""
        if on:
            return see_other(page.at_end_of(on, approvals.clock()))
        return await progress_table.response()
