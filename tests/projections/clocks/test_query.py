"""Asking the clocks of a whole zone: the view says what the ledger says, at any instant, as known at any other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime

import pytest
import pytest_asyncio

from domain.law.calendar.calendar import Notice
from domain.law.licensing.clock import Level, State
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from projections.clocks.counts import ClockCount, counted, table
from projections.clocks.list import ClockFilter, ListedClock
from projections.clocks.nodes import MODES, NODES
from projections.clocks.query import ClocksAt, NoSuchClockError, is_recounting
from projections.history.moment import TooMuchToReadError
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.projections.zone import project_id, tell, tell_zone, unanswered

LATER = ["05-20 12:00", "05-27 12:00", "06-03 00:00", "2026-12-01 09:00"]  # the last event is past
EARLIER = ["04-02 10:00", "04-10 09:00", "04-16 09:00", "05-05 00:00"]
FILTERS = [
    ClockFilter(limit=1000),
    ClockFilter(limit=1000, closed=True),
    ClockFilter(department="land"),
    ClockFilter(mode="joint"),
    ClockFilter(node="decision"),
    ClockFilter(item="land", clock="decision"),
    ClockFilter(clock="countersign"),
    ClockFilter(clock="intake", closed=True),
    ClockFilter(due_before=date(2026, 5, 12)),
    ClockFilter(state=State.UNCONFIRMED),
    ClockFilter(project=project_id("joint")),
    ClockFilter(due_after=date(2026, 5, 28)),
    *(ClockFilter(state=state) for state in State),
    *(ClockFilter(state=state, closed=True) for state in State),
    *(ClockFilter(level=Level.YELLOW, limit=1, offset=offset) for offset in range(3)),
    ClockFilter(closed=True, limit=5, offset=7),
    *(ClockFilter(level=level) for level in Level),
    ClockFilter(level=Level.RED, closed=True),
    ClockFilter(limit=2, offset=3),
    ClockFilter(awaited=True, coloured=True),
]


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """The zone, recorded and projected."""
    hands = [at("03-01")]
    async with Approvals(shared_database_url, clock=lambda: hands[0]) as opened:
        await tell_zone(opened, hands)
        await tell(opened, hands, [unanswered()])
        project_all(shared_database_url)
        yield opened


def clocks_at(approvals: Approvals, t: str, known: str | None = None) -> ClocksAt:
    return ClocksAt(approvals.store, law_book(), instant(t), instant(known or t))


def instant(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}+08:00") if day.startswith("2026") else at(day)


async def everything(clocks: ClocksAt) -> list[ListedClock]:
    """Every clock there is, from the ledger alone."""
    async with clocks._store.cursor() as cursor:
        await cursor.execute("SELECT project FROM views.clock_basis ORDER BY project")
        return await clocks._read([project for (project,) in await cursor.fetchall()])


@pytest.mark.parametrize("t", LATER)
async def test_once_all_has_happened_the_view_answers_alone(approvals: Approvals, t: str) -> None:
    assert await clocks_at(approvals, t)._moved() == []


@pytest.mark.parametrize("t", EARLIER)
async def test_an_earlier_instant_is_read_from_the_ledger(approvals: Approvals, t: str) -> None:
    assert await clocks_at(approvals, t)._moved() != []


@pytest.mark.parametrize("t", [*LATER, *EARLIER])
async def test_a_list_is_what_the_ledger_says(approvals: Approvals, t: str) -> None:
    clocks = clocks_at(approvals, t)
    whole = sorted(await everything(clocks), key=lambda row: row.order)
    for wanted in FILTERS:
        fits = [row for row in whole if wanted.takes(row)]
        assert await clocks.listed(wanted) == fits[wanted.offset : wanted.offset + wanted.limit], wanted
        if not wanted.offset and not wanted.project:
            assert await clocks.number(wanted) == min(len(fits), wanted.limit), wanted


@pytest.mark.parametrize("t", [LATER[-1], *EARLIER])
async def test_an_application_read_alone_is_as_among_all_of_its_project(approvals: Approvals, t: str) -> None:
    clocks = clocks_at(approvals, t)
    whole = await everything(clocks)
    for key in {(clock.project, clock.reading.item, clock.reading.application) for clock in whole}:
        of_it = [clock for clock in whole if (clock.project, clock.reading.item, clock.reading.application) == key]
        assert await clocks._read([key[0]], {key}) == of_it


@pytest.mark.parametrize("department", ["", "land", "fire", "tax", "nobody"])
async def test_the_table_is_what_the_ledger_says(approvals: Approvals, department: str) -> None:
    for t in [*LATER, *EARLIER]:
        clocks = clocks_at(approvals, t)
        by_ledger = counted((row.reading for row in await everything(clocks)), department)
        assert await clocks.counts(department) == table(by_ledger, NODES), t


async def test_the_table_has_every_mode_and_node(approvals: Approvals) -> None:
    cells = {(cell.mode, cell.node): cell for cell in await clocks_at(approvals, "05-20 12:00").counts("land")}

    assert {(mode.key, node.key) for mode in MODES for node in NODES} <= cells.keys()
    assert cells["single", "decision"] == ClockCount("single", "decision", red=2, paused=1)
    assert cells["single", "acceptance"] == ClockCount("single", "acceptance", red=1), "silence accepted"
    assert cells["single", "delivery"] == ClockCount("single", "delivery", yellow=1), "the tenth day is the 22nd"


async def test_nothing_is_late_before_it_is_over_and_nothing_stored_says_so(approvals: Approvals) -> None:
    wanted = ClockFilter(project=project_id("running"), clock="decision")
    ((before,), (after,)) = [
        await clocks_at(approvals, t, "2026-12-01 09:00").listed(wanted) for t in ("05-06 23:59", "05-07 00:00")
    ]

    assert (before.reading.due_on, before.reading.state, before.reading.remaining) == (
        date(2026, 5, 6),
        State.RUNNING,
        1,
    )
    assert (after.reading.due_on, after.reading.state, after.reading.level) == (
        date(2026, 5, 6),
        State.OVERDUE,
        Level.RED,
    )


async def test_a_paused_clock_has_no_due_date_and_outside_silence_is_unconfirmed(approvals: Approvals) -> None:
    clocks = clocks_at(approvals, "06-03 00:00")
    paused = [row.reading for row in await clocks.listed(ClockFilter(level=Level.PAUSED))]
    outside = [row.reading for row in await clocks.listed(ClockFilter(department="tax"))]

    assert {(clock.due_on, clock.overdue_days) for clock in paused} == {(None, 0)}
    assert all(clock.earliest_due_on for clock in paused)
    assert [(row.clock, row.state, row.level) for row in outside] == [
        ("delivery", State.OVERDUE, Level.RED),  # its record was attested after the due date
        ("intake#1", State.UNCONFIRMED, Level.YELLOW),
    ]


async def test_a_clock_runs_again_by_itself_once_the_term_for_an_answer_is_over(approvals: Approvals) -> None:
    """Awb 4:15(1)(a): 56 days from Apr 2 and 45 more, Apr 11 to May 25, none of which silence would ever have ended."""
    wanted = ClockFilter(project=project_id("unanswered"), item="permit")
    read = [
        (await clocks_at(approvals, t).listed(wanted))[0].reading
        for t in ("2026-05-26 05:59", "2026-05-26 06:00", "2026-07-14 00:00")
    ]

    assert [(reading.state, reading.level, reading.due_on) for reading in read] == [
        (State.SUSPENDED, Level.PAUSED, None),
        (State.RUNNING, Level.GREEN, date(2026, 7, 13)),  # Jul 12 is a Sunday
        (State.RUNNING, Level.YELLOW, date(2026, 7, 13)),
    ]
    assert {reading.over_at for reading in read} == {datetime.fromisoformat("2026-07-14T00:00+02:00")}


async def test_what_was_known_is_distinguished_from_what_was(approvals: Approvals) -> None:
    """The story moves a supplement notice back by hours, weeks later: until then it was not known."""
    story = project_id("story")
    known_then, known_now = [
        await clocks_at(approvals, "03-03 12:00", known).of_project(story) for known in ("03-03 12:00", "05-20 12:00")
    ]

    assert [(clock.clock, clock.state) for clock in known_then[0].clocks] == [("intake#1", State.RUNNING)]
    assert [(clock.clock, clock.state) for clock in known_now[0].clocks] == [("intake#1", State.MET)]


async def test_a_calendar_that_the_view_was_not_counted_by_is_counted_from_the_ledger(approvals: Approvals) -> None:
    moved = Notice("typhoon", date(2026, 4, 20), days={date(2026, 4, 29): 0})
    laws = law_book().with_notices({"CN": (moved,)})
    t = instant("2026-12-01 09:00")
    wanted = ClockFilter(project=None, item="land", clock="decision", state=State.OVERDUE)
    ((was, *_), (now, *_)) = [await ClocksAt(approvals.store, law, t, t).listed(wanted) for law in (law_book(), laws)]

    assert was.project == now.project
    assert was.reading.due_on == date(2026, 4, 30)
    assert now.reading.due_on == date(2026, 5, 6), "the day after the Labour Day holidays"


async def test_rows_of_the_calendar_before_answer_while_too_many_are_recounted(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.clocks.query.PROJECTS_READ_MAX", 2)
    laws = law_book().with_notices({"CN": (Notice("typhoon", date(2026, 4, 20), days={date(2026, 4, 29): 0}),)})
    t = instant("2026-12-01 09:00")
    wanted = ClockFilter(limit=1000)
    before, clocks = (ClocksAt(approvals.store, law, t, t) for law in (law_book(), laws))

    was, now = await before.listed(wanted), await clocks.listed(wanted)

    assert [(row.project, row.key, row.reading.due_on) for row in now] == [
        (row.project, row.key, row.reading.due_on) for row in was
    ]
    assert (before.recounting, clocks.recounting) == (False, True)
    assert await clocks.counts() == await before.counts()
    assert [await is_recounting(approvals.store, law) for law in (law_book(), laws)] == [False, True]
    earlier = ClocksAt(approvals.store, laws, t, instant("2026-04-10 09:00"))
    with pytest.raises(
        TooMuchToReadError
    ):  # of what was known before the rows it is asked in vain, whatever the calendar
        await earlier.listed(wanted)


async def test_a_question_that_would_take_too_long_is_not_begun(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.clocks.query.PROJECTS_READ_MAX", 2)
    with pytest.raises(TooMuchToReadError, match="more than 2 projects"):
        await clocks_at(approvals, "04-10 09:00").counts()


async def test_a_clock_is_explained_with_as_many_days_as_are_used(approvals: Approvals) -> None:
    clocks = clocks_at(approvals, "05-05 00:00")
    explained = await clocks.explained(project_id("running"), "land", "decision")
    (reading,) = await clocks.listed(ClockFilter(project=project_id("running"), clock="decision"))

    assert sum(day.counted for day in explained.days) == reading.reading.used == 19
    assert explained.article == reading.reading.article
    assert any(day.notice for day in explained.days), "Labour Day is off by a notice"


async def test_a_clock_in_calendar_days_is_explained_as_well(approvals: Approvals) -> None:
    clocks = clocks_at(approvals, "05-05 00:00")
    explained = await clocks.explained(project_id("joint"), "build", "decision")
    (reading,) = await clocks.listed(ClockFilter(project=project_id("joint"), item="build", clock="decision"))

    assert sum(day.counted for day in explained.days) == reading.reading.used
    assert explained.clock.due == reading.reading.due_on
    assert (explained.article, reading.reading.unit) == (reading.reading.article, "calendar_day")


@pytest.mark.parametrize(
    ("project", "item", "clock", "why"),
    [
        ("running", "land", "delivery", "had not started"),
        ("running", "moon", "decision", "was not applied for"),
    ],
)
async def test_what_cannot_be_explained_says_why(
    approvals: Approvals, project: str, item: str, clock: str, why: str
) -> None:
    with pytest.raises(NoSuchClockError, match=why):
        await clocks_at(approvals, "05-05 00:00").explained(project_id(project), item, clock)
