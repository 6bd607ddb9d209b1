"""GET /v1/supervision/lags and /v1/supervision/suspensions: what the bureau asks about beside deadlines."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from msgspec import Struct, structs

from api.cursors import PAGED, ListPaging
from api.route_access import ACCESS
from api.web.as_of import Instants, translate_too_much
from api.web.parameters import Department
from api.web.zones import home_zone
from domain.law.calendar.period import Period
from domain.law.licensing.review import DECISION
from domain.law.timeliness import LAG_TARGET_DAYS, NIGHTS_USUAL_MAX, SUSPENSIONS_USUAL_MAX
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.scope import Scope
from projections.supervision.timeliness_query import Lag, OftenStopped, StoppedKey, TimelinessOf


def timeliness(
    approvals: NamedDependency[Approvals],
    laws: NamedDependency[LawBook],
    instants: NamedDependency[Instants],
    list_scope: NamedDependency[Scope],
) -> TimelinessOf:
    """How late acts were recorded, and which clocks were suspended unusually often, now or as of a past instant."""
    return TimelinessOf(approvals.store, laws, instants.known, list_scope, instants.past)


TIMELINESS = {"timeliness": Provide(timeliness, sync_to_thread=False)}


class LagList(Struct, frozen=True):
    """How late acts were recorded, of all departments and of each; *target_days* are working days."""

    first: date
    last: date
    target_days: int
    total: Lag
    departments: list[Lag]
    position: int


class ShownOftenStopped(OftenStopped, frozen=True):
    """One application, with the address that explains its decision clock day by day."""

    evidence: str


class OftenStoppedList(Struct, frozen=True):
    """Applications suspended unusually often, those suspended most often first. *count* is of all, on whatever page.

    Reported are those with more than *suspensions_usual_max* suspensions, or than *nights_usual_max* nights.
    """

    first: date
    last: date
    suspensions_usual_max: int
    nights_usual_max: int
    count: int
    applications: list[ShownOftenStopped]
    next: str | None
    position: int


class TimelinessRoutes(Controller):
    """What is reported and never capped: the figures are for people to ask about."""

    opt = {ACCESS: "read:supervision"}  # noqa: RUF012  litestar's own spelling
    tags = ("supervision",)
    dependencies = TIMELINESS

    @get("/supervision/lags", operation_id="list_lags", summary="How late acts were recorded, by department")
    async def list_lags(
        self,
        position: NamedDependency[int],
        period: NamedDependency[Period],
        timeliness: NamedDependency[TimelinessOf],
        department: Department = "",
    ) -> LagList:
        """Of what was recorded in the period: working days from the act to its record, median and 90th percentile."""
        total, *departments = await translate_too_much(timeliness.lags(period, department))
        return LagList(period.first, period.last, LAG_TARGET_DAYS, total, departments, position)

    @get(
        "/supervision/suspensions",
        operation_id="list_often_stopped",
        summary="Clocks that were suspended unusually often",
        dependencies=PAGED,
    )
    async def list_often_stopped(
        self,
        *,
        position: NamedDependency[int],
        period: NamedDependency[Period],
        timeliness: NamedDependency[TimelinessOf],
        laws: NamedDependency[LawBook],
        department: Department = "",
        paging: NamedDependency[ListPaging],
    ) -> OftenStoppedList:
        """Applications with a suspension begun in the period, stopped many times, or night after night."""
        rows = await translate_too_much(timeliness.often_stopped(period, home_zone(laws), department))
        last = paging.last(StoppedKey)
        page = rows if last is None else [row for row in rows if row.place > last]
        return OftenStoppedList(
            period.first,
            period.last,
            SUSPENSIONS_USUAL_MAX,
            NIGHTS_USUAL_MAX,
            len(rows),
            [with_evidence(row) for row in paging.shown(page)],
            paging.next_of(page, lambda row: row.place),
            position,
        )


def with_evidence(clock: OftenStopped) -> ShownOftenStopped:
    """*clock* with the address that explains its days."""
    query = {"item": clock.item, "clock": DECISION.name, "application": clock.application}
    address = f"/v1/projects/{clock.project}/clocks/explain?{urlencode(query)}"
    return ShownOftenStopped(**structs.asdict(clock), evidence=address)
