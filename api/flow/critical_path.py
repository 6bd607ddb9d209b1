"""GET /v1/projects/{id}/critical-path: the path with an expected finish as a range, and what a delay would move."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from msgspec import Struct

from api.flow.path_schemas import FinishOutlook, ProjectPath, effect_of, outlook, path_items
from api.html.translations import TABLES
from api.route_access import ACCESS
from api.waiting.routes import FOLDED
from api.web.as_of import Instants
from api.web.parameters import After
from api.web.problems import Problem
from api.web.request_body import DAYS_MAX
from domain.core.types import CODE_CHARACTERS_MAX, ITEMS_MAX
from domain.law.calendar.moment import local_day
from domain.law.packs.pack import Pack
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from projections.flow.durations_query import Durations
from projections.view import Folded

DELAY_CHARACTERS_MAX = CODE_CHARACTERS_MAX + len(f":{DAYS_MAX}")
ECHO_CHARACTERS_MAX = 100
DAYS_DIGITS = frozenset("0123456789")

Delays = Annotated[
    list[Annotated[str, QueryParameter(max_length=DELAY_CHARACTERS_MAX)]] | None,
    QueryParameter(
        max_items=ITEMS_MAX,
        description=f"What if: `ITEM:N`, the item takes N (1 to {DAYS_MAX}) working days longer. May be repeated.",
    ),
]


class Forecasts(Struct, frozen=True):
    """When projects may be over, by the law and by the durations of past applications."""

    approvals: Approvals
    durations: Durations
    laws: LawBook

    async def expected(
        self, folded: Folded, at: datetime, position: int, *, now: bool = True, after: int = 0
    ) -> FinishOutlook:
        """The forecast of a project at *at*, by the durations known then; *position* is that of the views."""
        laws, register = self.laws, folded.project.register
        past = await (
            self.durations.now(laws, at, position, after, register) if now else self.durations.until(laws, at, register)
        )
        pack = self.law_of(folded, at)
        calendar = laws.calendar(pack, local_day(at, pack.zone))
        return await asyncio.to_thread(outlook, folded, pack, calendar, past, at)

    def law_of(self, folded: Folded, at: datetime) -> Pack:
        """The law that a folded project runs under at *at*."""
        return self.approvals.law_for(folded.project.law or DEFAULT_LAW, at, begun=True)


def forecasts(
    approvals: NamedDependency[Approvals],
    durations: NamedDependency[Durations],
    laws: NamedDependency[LawBook],
) -> Forecasts:
    """Forecasts by the law book of now."""
    return Forecasts(approvals, durations, laws)


FORECASTS = {"forecasts": Provide(forecasts, sync_to_thread=False)}


class CriticalPathRoutes(Controller):
    """What may be expected of one project. Everything here is an estimate, and says what it rests on."""

    opt = {ACCESS: "read:waiting"}  # noqa: RUF012  litestar's own spelling
    tags = ("waiting",)

    @get(
        "/projects/{project_id:uuid}/critical-path",
        operation_id="get_critical_path",
        summary="The critical path, and what delays move",
        dependencies=FOLDED | FORECASTS,
    )
    async def get_critical_path(
        self,
        folded: NamedDependency[Folded],
        forecasts: NamedDependency[Forecasts],
        instants: NamedDependency[Instants],
        position: NamedDependency[int],
        delay: Delays = None,
        after: After = 0,
    ) -> ProjectPath:
        """Items with ranges, slack and bases. The project is read from the ledger, past durations from a view."""
        outlook = await forecasts.expected(folded, instants.at, position, now=instants.is_now, after=after)
        delays = delays_in(delay or (), outlook)
        items, effect = await asyncio.to_thread(lambda: (path_items(outlook), effect_of(outlook, delays)))
        finish = outlook.finish
        return ProjectPath(
            as_of=instants.at,
            known_at=instants.known,
            estimate=True,
            assumed_zh=TABLES["waiting"]["assumed"][0],
            assumed_en=TABLES["waiting"]["assumed"][1],
            calendar=outlook.calendar.version,
            provisional=finish is not None and outlook.calendar.provisional(finish.high_on),
            finish=finish,
            critical=outlook.way.critical,
            stuck=outlook.way.stuck,
            items=items,
            delay=effect,
            position=position,
        )


def delays_in(texts: Sequence[str], outlook: FinishOutlook) -> dict[str, int]:
    """The delays *texts*, by item. Raises Problem where one can't be read or is of nothing that is left."""
    delays: dict[str, int] = {}
    for delay in texts:
        code, _, days = delay.rpartition(":")
        if not days or not set(days) <= DAYS_DIGITS or not 1 <= int(days) <= DAYS_MAX:
            raise _unreadable(delay, f"write ITEM:N, where N is 1 to {DAYS_MAX} working days")
        if code not in outlook.left.tasks:
            left = ", ".join(outlook.left.tasks) or "nothing"
            raise _unreadable(delay, f"still to be granted: {left[: ECHO_CHARACTERS_MAX * 5]}")
        delays[code] = delays.get(code, 0) + int(days)
    return delays


def _unreadable(text: str, remedy: str) -> Problem:
    sentence = f"delay: {text[:ECHO_CHARACTERS_MAX]} is no delay of an item of this project"
    return Problem("invalid-parameter", sentence, remedy=remedy, parameter="delay")
