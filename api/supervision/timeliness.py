"""GET /supervision/lags and /supervision/suspensions: what the bureau asks about beside deadlines."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from litestar import Controller, get
from msgspec import Struct, structs

from api.web.dependencies import AnyRequest, laws_of, parts_of
from api.web.parameters import PAGE_ROWS, After, Department, Limit, Offset, caught_up
from api.web.period import First, Last, period_of, supervision_at, zone_of
from api.web.scope import InRegister
from domain.law.calendar.period import Period
from domain.law.licensing.review import DECISION
from domain.law.timeliness import LAG_TARGET_DAYS, NIGHTS_USUAL_MAX, SUSPENSIONS_USUAL_MAX
from projections.supervision.timeliness_query import ConductOf, Lag, OftenStopped


class LagList(Struct, frozen=True):
    """How late acts were recorded, of all departments and of each; *target_days* are working days."""

    first: date
    last: date
    target_days: int
    total: Lag
    departments: list[Lag]
    position: int


class ShownOftenStopped(OftenStopped, frozen=True):
    """One application, with the address that tells its decision clock day by day."""

    evidence: str


class OftenStoppedList(Struct, frozen=True):
    """Applications stopped oddly often, those stopped most often first. *count* is of all, on whatever page.

    Reported are those with more than *suspensions_usual_max* suspensions, or than *nights_usual_max* nights.
    """

    first: date
    last: date
    suspensions_usual_max: int
    nights_usual_max: int
    count: int
    applications: list[ShownOftenStopped]
    next: int | None
    position: int


class ConductTables(Controller):
    """What is reported and never capped: the figures are for people to ask about."""

    tags = ("supervision",)

    @get("/supervision/lags", operation_id="list_lags", summary="How late acts were recorded, by department")
    async def list_lags(
        self,
        request: AnyRequest,
        after: After = 0,
        first: First = None,
        last: Last = None,
        department: Department = "",
        register: InRegister = "",  # noqa: ARG002  checked here, used by supervision_at
    ) -> LagList:
        """Of what was recorded in the period: working days from the act to its record, median and 90th percentile."""
        _, position = await caught_up(request, after)
        asked, period = await conduct_of(request, first, last)
        total, *departments = await asked.lags(period, department)
        return LagList(period.first, period.last, LAG_TARGET_DAYS, total, departments, position)

    @get("/supervision/suspensions", operation_id="list_often_stopped", summary="Clocks that were stopped oddly often")
    async def list_often_stopped(
        self,
        request: AnyRequest,
        *,
        after: After = 0,
        first: First = None,
        last: Last = None,
        department: Department = "",
        register: InRegister = "",  # noqa: ARG002  checked here, used by supervision_at
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> OftenStoppedList:
        """Applications with a suspension begun in the period, stopped many times, or night after night."""
        _, position = await caught_up(request, after)
        asked, period = await conduct_of(request, first, last)
        found = await asked.often_stopped(period, zone_of(await laws_of(request)), department)
        return OftenStoppedList(
            period.first,
            period.last,
            SUSPENSIONS_USUAL_MAX,
            NIGHTS_USUAL_MAX,
            len(found),
            [with_evidence(one) for one in found[offset : offset + limit]],
            offset + limit if len(found) > offset + limit else None,
            position,
        )


async def conduct_of(request: AnyRequest, first: date | None, last: date | None) -> tuple[ConductOf, Period]:
    """What to ask, and the period asked about. Raises Problem."""
    approvals, laws = parts_of(request).approvals, await laws_of(request)
    asked = await supervision_at(request, None)
    return ConductOf(approvals.store, laws, approvals.clock(), asked.scope), period_of(first, last, asked)


def with_evidence(one: OftenStopped) -> ShownOftenStopped:
    """*one* with where its days are told."""
    asked = {"item": one.item, "clock": DECISION.name, "application": one.application}
    address = f"/projects/{one.project}/clocks/explain?{urlencode(asked)}"
    return ShownOftenStopped(**structs.asdict(one), evidence=address)
