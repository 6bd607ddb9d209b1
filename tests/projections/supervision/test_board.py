"""The board added up from sums is the board counted from lists, whatever happened, for any period as known whenever."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from random import Random
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from psycopg.sql import SQL

from domain.core.ledger import Actor, Refused
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.law.calendar.period import Period, Span
from domain.messages import AnyCommand, Entry
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import AmendEntry, RetractEntry
from domain.project.application.registration import Enterprise, PlanItem, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.supervision.appeals import AppealCard, DecideAppeal, Verdict
from domain.project.supervision.signals import CardIssued
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from projections.snapshots import snapshot
from projections.supervision import query as queries
from projections.supervision.board import Reach, reach_of, statement
from projections.supervision.figures import CASE_FIGURES, SIGNAL_FIGURES, Figures, length_of, median_of
from projections.supervision.fold import ENDED, fate_periods
from projections.supervision.list import ListFilter, ListPage
from projections.supervision.query import SupervisionAt
from tests.effort import chosen
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER, PLANNING
from tests.projections.supervision.test_query import Zone
from tests.watching import Hands

SEED = 20260302
DAYS = 100  # of life in the zone, some of them left out
PROJECTS = 8
BOARDS = chosen(24, 400)  # boards compared
WEEKS_EVERY = 6  # of them with two weeks as well
ITEMS = {"land": LAND, "site-plan": PLANNING}
REGISTER = RegisterProject(
    name="Fab 2",
    enterprise=Enterprise("Hengxin"),
    manager="wang",
    items=tuple(PlannedItem(item=item, department=by.department, promise_days=7) for item, by in ITEMS.items()),
)
BEGIN = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
FILLED = """
    INSERT INTO views.decision_sum_day SELECT day::date, department::text, day::date, 'met', 3, '', 1
    FROM generate_series(1, 40) AS department, generate_series('2024-01-01', '2026-06-30', interval '1 day') AS day
"""
EVERY_PROJECT = """
    SELECT x.project FROM views.access_project AS x WHERE {within} AND %(as_of)s IS NOT NULL LIMIT %(limit)s
"""
UNPLANNED: tuple[tuple[Actor, AnyCommand], ...] = (
    (MANAGER, PlanItem(item=PlannedItem(item="bridge", department=LAND.department))),
    (APPLICANT, SubmitItem(item="bridge")),
    (LAND, AcceptItem(item="bridge")),
    (LAND, CompleteItem(item="bridge", outcome=Outcome.GRANTED)),
    (BUREAU, RetractEntry(version=2, reasons="it was another project's")),
)
SignedCommand = tuple[Actor, UUID, AnyCommand]


@pytest.fixture
def database_url(projected_database_url: str) -> str:
    """A fresh database with empty views."""
    return projected_database_url


@pytest_asyncio.fixture
async def zone(database_url: str) -> AsyncIterator[Zone]:
    hands = Hands("2026-03-02 09:00")
    async with Approvals(database_url, clock=hands) as approvals:
        yield Zone(database_url, approvals, hands)


def something(random: Random, history: list[Entry], project: UUID, at: datetime) -> SignedCommand:
    """One command about a project on a day: work, an appeal, its verdict or a correction."""
    item = random.choice(list(ITEMS))
    late = at - timedelta(hours=random.choice([0, 0, 0, 30, 200]))
    work: list[SignedCommand] = [
        (APPLICANT, project, SubmitItem(item=item)),
        (ITEMS[item], project, AcceptItem(item=item, occurred_at=late)),
        (ITEMS[item], project, CompleteItem(item=item, outcome=Outcome.GRANTED, occurred_at=late)),
    ]
    cards = [entry.fact for entry in history if isinstance(entry.fact, CardIssued)]
    if cards and random.random() < 0.4:
        card = random.choice(cards)
        by = ITEMS[card.item]
        verdict = random.choice(list(Verdict))
        appeal: SignedCommand = (by, project, AppealCard(card=card.card, reasons="they asked us to wait"))
        return random.choice(
            [appeal, (BUREAU, project, DecideAppeal(card=card.card, verdict=verdict, reasons="so it was"))]
        )
    if len(history) > 3 and random.random() < 0.15:
        version = random.randint(2, len(history))
        correction: SignedCommand = (BUREAU, project, RetractEntry(version=version, reasons="a test"))
        amendment = AmendEntry(version=version, new_occurred_at=late, reasons="a slip")
        return random.choice([correction, (BUREAU, project, amendment)])
    return random.choice(work)


async def lived(zone: Zone, random: Random) -> None:
    """A hundred days of it; what the rules refuse was not said."""
    projects = [uuid4() for _ in range(PROJECTS)]
    at = BEGIN
    await zone.on(local(at), *((MANAGER, project, REGISTER) for project in projects))
    await zone.on(local(at), *((by, projects[0], command) for by, command in UNPLANNED))  # decided by no department now
    while at < BEGIN + timedelta(days=DAYS):
        at += timedelta(days=random.choice([1, 1, 2, 5]), minutes=random.randint(-90, 90))
        await zone.on(local(at))
        for project in random.choices(projects, k=6):
            by, _, command = something(random, await zone.approvals.history(project), project, at)
            try:
                await zone.approvals.handle(project, command, by, uuid4())
            except Refused:
                continue
    await zone.on(local(at))


def local(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")


def page_of(cut: ListFilter, rows: list[Any], count: int) -> ListPage[Any]:
    """The page *cut* out of all *rows*."""
    return ListPage(cut.cut(rows), count, more=len(rows) > cut.offset + (cut.limit or 0))


async def compare_pages(supervision: SupervisionAt, period: Period, line: Figures, random: Random) -> bool:
    """Any page of any list is that part of the whole list, which is as long as its figure says; whether it has rows."""
    figure, case = random.choice(["", *SIGNAL_FIGURES]), random.choice(list(CASE_FIGURES))
    cut = ListFilter(
        period=period,
        department=line.department,
        figure=figure,
        limit=random.choice([1, 3, 50]),
        offset=random.choice([0, 0, 2, 7]),
        oldest_first=random.choice([False, True]),
    )
    way = -1 if cut.oldest_first else 1
    signals = (await supervision.signals(period, line.department, figure))[::way]
    assert await supervision.signal_page(cut) == page_of(cut, signals, length_of(line, figure)), cut
    assert len(signals) == length_of(line, figure)
    cut = structs.replace(cut, figure=case)
    decided = (await supervision.decided(period, line.department, case))[::way]
    assert await supervision.decided_page(cut) == page_of(cut, decided, length_of(line, case)), cut
    return bool(cut.cut(signals) and cut.cut(decided))


def signals_in(board: list[Figures]) -> Counter[tuple[str, str]]:
    """The figures of signals in a *board*, those that are not zero."""
    numbers = Counter({(line.department, name): getattr(line, name) for line in board for name in SIGNAL_FIGURES})
    return +numbers


async def compare_with_ledger(zone: Zone, as_of: datetime, period: Period, monkeypatch: pytest.MonkeyPatch) -> bool:
    """The signals of *period* at *as_of* are those of a fold of every project; whether one of them has ended."""
    signals = await zone.at(as_of).signals(period)
    with monkeypatch.context() as by_ledger:
        by_ledger.setattr(queries, "RESTATED", EVERY_PROJECT)
        assert signals == await zone.at(as_of).signals(period), (as_of, period)
    return any(signal.state == ENDED for signal in signals)


async def test_any_board_is_what_its_lists_come_to(
    zone: Zone, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(SEED)
    await lived(zone, random)
    compared, totals = Counter[str](), Counter[str]()
    for nth in range(BOARDS):
        first = date(2026, 2, 10) + timedelta(days=random.randint(0, 120))
        period = Period(first, first + timedelta(days=random.choice([0, 3, 27, 40, 70, 400])))
        as_of = BEGIN + timedelta(days=random.randint(-1, DAYS + 9), minutes=random.randint(0, 1440))
        supervision = zone.at(random.choice([as_of, zone.approvals.clock()]))
        board = await supervision.board(period)

        assert board == await supervision.board_of_lists(period), (period, supervision.as_of)
        assert board[0] == await supervision.total(period), (period, supervision.as_of)
        if nth % WEEKS_EVERY == 0:
            weeks = [Period(day, day + timedelta(days=6)) for day in (first, first + timedelta(days=7))]
            assert await supervision.signals_by_period(weeks) == [
                signals_in(await supervision.board_of_lists(week)) for week in weeks
            ], (weeks, supervision.as_of)
        line = random.choice(board)
        pages = await compare_pages(supervision, period, line, random)
        compared["pages"] += pages
        compared["ended"] += await compare_with_ledger(zone, supervision.as_of, period, monkeypatch)

        async with snapshot(zone.approvals.store) as cursor:
            reach = await reach_of(cursor, supervision.as_of)
        compared["rows" if reach.rest else str(len(set(reach.until.values())))] += 1
        total = board[0]
        totals += Counter({name: getattr(total, name) for name in ("red", "revoked", "rescinded", "appealed", "late")})
    assert min(compared.values()) > 0, compared
    assert len(compared) == 6, compared
    assert min(totals.values()) > 0, totals
    assert len(totals) == 5, totals
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) > 1 FROM views.corrected").fetchone() == (True,)
    assert rebuild(database_url).differences == ()


@pytest.mark.parametrize(
    ("until", "indexes"),
    [
        (dict.fromkeys(Span, date(2027, 1, 1)), {"pkey"}),
        (
            dict(zip(Span, (date(2026, 1, 1), date(2026, 6, 1), date(2026, 6, 18)), strict=True)),
            {"pkey", "recorded_on_idx"},
        ),
    ],
)
def test_sums_are_found_by_their_indexes(database_url: str, until: dict[Span, date], indexes: set[str]) -> None:
    query = statement(Period(date(2024, 2, 11), date(2026, 5, 20)).parts(), Reach(until, None))
    with psycopg.connect(database_url, autocommit=True) as connection:
        projector = Projector(database_url)
        assert projector.take_lead(connection)
        connection.execute(FILLED)
        connection.execute("ANALYZE")
        plan = "\n".join(line for (line,) in connection.execute(SQL("EXPLAIN {}").format(query)).fetchall())

    for index in indexes:
        assert f"decision_sum_day_{index}" in plan, plan
    assert "Seq Scan on decision_sum_day" not in plan, plan


@pytest.mark.parametrize(
    ("fates", "known"),
    [
        ([(1, "standing"), (3, "appealed"), (5, "upheld")], [(1, "standing"), (3, "appealed"), (5, "upheld")]),
        ([(1, "standing"), (4, "appealed"), (3, "upheld")], [(1, "standing"), (3, "upheld")]),
        ([(1, "standing"), (2, "rescinded"), (2, "standing")], [(1, "standing"), (2, "standing")]),
        ([(-5, "standing"), (-3, "rescinded"), (2, "appealed")], [(0, "rescinded"), (2, "appealed")]),
    ],
)
def test_a_state_counts_from_its_recording_unless_a_later_one_was_recorded_before(
    fates: list[tuple[int, str]], known: list[tuple[int, str]]
) -> None:
    def at(hours: int) -> datetime:
        return BEGIN + timedelta(hours=hours)

    states = fate_periods([(at(hours), state) for hours, state in fates], told_at=BEGIN)

    assert states == [(at(hours), state) for hours, state in known]


@given(st.lists(st.integers(0, 9), max_size=30))
def test_the_median_of_counts_is_that_of_the_numbers(numbers: list[int]) -> None:
    assert median_of(Counter(numbers)) == (float(median(numbers)) if numbers else None)
