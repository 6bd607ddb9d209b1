"""The table of a past instant counts by the calendar known at the other one: a notice published since moves no row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from uuid import uuid4

import pytest
import pytest_asyncio

from domain.calendar.notice import ApplyNotice, ApproveNotice, ImportNotice
from domain.calendar.state import stream_of
from domain.examples.calendar import HEAD
from domain.law.licensing.clock import Level
from infrastructure.calendar.calendars import Calendars
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from projections.as_of import Past
from projections.clocks.list import ClockFilter
from projections.clocks.query import ClocksAt
from projections.histories import HISTORIES
from projections.progress.ordered import ProgressSort
from projections.progress.past import PastProgress
from projections.progress.query import ProjectFilter
from projections.reader import Laws
from tests.examples import BUREAU
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.projections.zone import tell_zone

T, KNOWN, LATER = at("04-20"), at("04-21"), at("05-10")
CLOSED = ImportNotice(
    calendar="CN",
    notice="typhoon",
    published=date(2026, 4, 22),
    papers=("https://www.gov.cn/zhengce/typhoon.htm",),
    days={date(2026, 4, day): 0 for day in (14, 15, 16)},
)
STALE_DAYS = 10


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """The zone, recorded and projected, with its histories, by the calendar with the notice."""
    hands = [at("04-22 15:00")]
    async with Approvals(shared_database_url, clock=lambda: hands[0]) as opened:
        for by, command in (
            (BUREAU, CLOSED),
            (HEAD, ApproveNotice(calendar="CN", notice=CLOSED.notice)),
            (BUREAU, ApplyNotice(calendar="CN", notice=CLOSED.notice)),
        ):
            await opened.handle(stream_of("CN"), command, by, uuid4())
        await tell_zone(opened, hands)
        project_all(shared_database_url)
        project_all(shared_database_url, Projector(shared_database_url, HISTORIES))
        assert await Calendars(opened).refresh()
        yield opened


async def answers(approvals: Approvals, laws: Laws, known: datetime) -> list[object]:
    """The figures at T as known at *known*, what is late or soon, and the projects in the orders by their clocks."""
    past = PastProgress(approvals.store, laws, Past(T, known))
    warned = [ProjectFilter(t=T, warned=level) for level in ("late", "soon")]
    orders = [await past.ordered(ProjectFilter(t=T), sort, None) for sort in (ProgressSort.HARM, ProgressSort.LEFT)]
    pages = [await past.page(criteria) for criteria in warned]
    return [await past.figures(ProjectFilter(t=T), STALE_DAYS), *pages, *orders]


async def test_a_notice_published_since_moves_no_figure_filter_or_order(approvals: Approvals) -> None:
    """The histories are counted by the laws with the notice; by those without it all is read from the ledger."""
    by_ledger = await answers(approvals, law_book(), KNOWN)

    assert await answers(approvals, approvals.laws, KNOWN) == by_ledger
    for answer, other in zip(by_ledger, await answers(approvals, approvals.laws, LATER), strict=True):
        assert answer != other, "once it is known, it counts"


async def test_what_is_late_is_what_its_clocks_say(approvals: Approvals) -> None:
    past = PastProgress(approvals.store, approvals.laws, Past(T, KNOWN))
    every = [row.project for row in await past.page(ProjectFilter(t=T))]

    late = {row.project for row in await past.page(ProjectFilter(t=T, warned="late"))}

    running = await ClocksAt(approvals.store, approvals.laws, T, KNOWN).running(every)
    assert late == {clock.project for clock in running if clock.reading.level is Level.RED}
    assert len(late) not in {0, len(every)}


async def test_clocks_of_the_valid_axis_are_counted_by_the_calendar_known(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ClockFilter(limit=100)
    by_ledger = await ClocksAt(approvals.store, law_book(), T, KNOWN).listed(wanted)
    monkeypatch.setattr("projections.clocks.query.MOVED_FEW_MAX", -1)
    clocks = ClocksAt(approvals.store, approvals.laws, T, KNOWN)

    by_history = await clocks.listed(wanted)

    assert (await clocks._moment()).axis == "valid"
    assert by_history == by_ledger
    assert by_history != await ClocksAt(approvals.store, approvals.laws, T, LATER).listed(wanted)
