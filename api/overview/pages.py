"""总览 the leader's page: what is stuck, who holds it, and how much follows; and the applications behind its steps."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from msgspec import Struct

from api.html.page import PageContext
from api.overview.links import CASES, OVERVIEW
from api.overview.view_models import (
    DEPARTMENTS_DRAWN_MAX,
    attention_rows,
    figures_of,
    heat_rows,
    step_bars,
    weeks_until,
)
from api.progress.view_models import running_clocks
from api.route_access import ACCESS
from api.web.parameters import PAGE_ROWS, Paging
from api.web.zones import zone_of
from domain.project.state.step import CaseStep
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW
from projections.clocks.query import ClocksAt
from projections.overview.attention import obstacles
from projections.overview.steps import step_cases, step_count, step_counts
from projections.overview.weeks import decided_weeks, weekly_figures
from projections.progress.query import ProgressList
from projections.scope import Scope
from projections.snapshots import PagedReader

ROWS_MAX = 7  # what a first screen holds

OfStep = Annotated[CaseStep, QueryParameter(description="The step that the applications are at.")]
OnlyLate = Annotated[Literal["", "true"], QueryParameter(description="Only those past a last day.")]


class OverviewSources(Struct, frozen=True):
    """What the page is read from, as it is *now*, within the scope of the reader."""

    store: PagedReader
    laws: LawBook
    progress: ProgressList
    scope: Scope
    now: datetime


def overview_sources(
    list_reader: NamedDependency[PagedReader],
    laws: NamedDependency[LawBook],
    progress: NamedDependency[ProgressList],
    list_scope: NamedDependency[Scope],
    now: NamedDependency[datetime],
) -> OverviewSources:
    """What the page is read from."""
    return OverviewSources(list_reader, laws, progress, list_scope, now)


OVERVIEW_SOURCES = {"overview_sources": Provide(overview_sources, sync_to_thread=False)}


async def overview_page(page: PageContext, sources: OverviewSources) -> Response[str]:
    """One screen: what needs attention, the zone in four figures, the steps, the departments week by week."""
    store, scope, t = sources.store, sources.scope, sources.now
    weeks = weeks_until(t, zone_of(DEFAULT_LAW).key)
    attention = await obstacles(store, t, scope, ROWS_MAX)
    clocks = ClocksAt(store, sources.laws, t, t, scope=scope)
    running = await running_clocks(clocks, [obstacle.project for obstacle in attention])
    standing = await sources.progress.standing(t, scope)
    decided = await decided_weeks(store, weeks, scope)
    rows = heat_rows(page, decided, weeks)
    return page.render(
        "overview.html",
        list_path=OVERVIEW,
        as_of=t,
        nothing=not standing.projects,
        attention=attention_rows(page, attention, running or (), t),
        figures=figures_of(page, standing, await weekly_figures(store, weeks, scope), decided, weeks),
        steps=step_bars(page, await step_counts(store, t, scope)),
        weeks=weeks.first_days,
        heat=rows,
        drawn=rows[:DEPARTMENTS_DRAWN_MAX],
    )


class OverviewPages(Controller):
    """Its first page is what a leader sees at `/`."""

    opt = {ACCESS: "read:figures"}  # noqa: RUF012  litestar's own spelling

    @get(OVERVIEW, dependencies=OVERVIEW_SOURCES)
    async def overview(
        self, page: NamedDependency[PageContext], overview_sources: NamedDependency[OverviewSources]
    ) -> Response[str]:
        """The zone in one screen, of the projects that the reader may see."""
        return await overview_page(page, overview_sources)

    @get(CASES)
    async def cases(
        self,
        page: NamedDependency[PageContext],
        list_reader: NamedDependency[PagedReader],
        list_scope: NamedDependency[Scope],
        now: NamedDependency[datetime],
        paging: NamedDependency[Paging],
        step: OfStep = CaseStep.ACCEPTANCE,
        late: OnlyLate = "",
    ) -> Response[str]:
        """The applications behind a number of a step."""
        counted = await step_count(list_reader, now, list_scope, step)
        is_late = late == "true"
        rows = await step_cases(
            list_reader, now, list_scope, counted, late=is_late, limit=paging.limit, offset=paging.offset
        )
        count = counted.late if is_late else counted.cases
        return page.render(
            "cases.html",
            as_of=now,
            step=step.value,
            late=is_late,
            count=count,
            rows=rows,
            page_rows=PAGE_ROWS,
            **page.paging_links(paging.offset, paging.limit, more=count > paging.offset + paging.limit),
        )
