"""Any question about the past has the answer that the ledger gives: any list, filter and page, at any two instants."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from msgspec import structs

from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.law.calendar.period import Period
from domain.messages import AnyCommand, Entry
from domain.project.application.acceptance import AcceptItem
from domain.project.application.submission import SubmitItem
from domain.project.application.suspension import ResumeClock, SuspendClock
from domain.project.external.results import RecordExternalResult, VerifyExternalResult
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from projections.as_of import Past
from projections.clocks.list import ClockEnd, ClockFilter, ListedClock
from projections.clocks.query import ChosenClock, ClockId, ClocksAt
from projections.clocks.reading import Reading
from projections.external.query import ExternalFilter, ExternalResults
from projections.histories import HISTORIES
from projections.history import moment
from projections.information.query import InformationBook, InformationFilter, InformationPast
from projections.progress.ordered import ProgressSort
from projections.progress.past import PastProgress
from projections.progress.query import DecidedFilter, ProgressList, ProjectFilter
from projections.scope import ZONE_SCOPE, Scope
from projections.sums import ZONE
from projections.supervision.list import ListFilter
from projections.supervision.timeliness_query import TimelinessOf
from projections.waiting.query import BriefWaiting, WaitingFilter, WaitingRows
from tests.effort import chosen
from tests.examples import APPLICANT, LAND, MANAGER
from tests.infrastructure.projector.test_projector import project_all
from tests.projections.supervision import test_board
from tests.projections.supervision.test_board import BEGIN, SEED, SignedCommand, lived, local
from tests.projections.supervision.test_board import something as inside
from tests.projections.supervision.test_query import Zone
from tests.watching import Hands

DAYS = chosen(25, 40)
ROUNDS = chosen(60, 160)
DEPARTMENTS = ["", "land", "planning"]
OFFICER = Caller("zhang", "", PrincipalKind.PERSON, Role.OFFICER, "land")  # who may read the projects that land is in
GRANTED = Outcome.GRANTED
STALE_DAYS, BESIDE_SHARE = 5, 0.2
SUSPENSIONS = 5
TAX = PlannedItem(item="tax", department="tax", live=False)
REFUND = PlannedItem(item="refund", department="tax", requires=("tax",))
REGISTER = structs.replace(test_board.REGISTER, items=(*test_board.REGISTER.items, TAX, REFUND))
Answer = Callable[[Zone, datetime, datetime, Random], Awaitable[Any]]


@pytest.fixture
def database_url(projected_database_url: str) -> str:
    """A fresh database with empty views."""
    return projected_database_url


async def _nothing_made(*_: object) -> None:
    """No history has been made."""


async def progress(zone: Zone, t: datetime, known: datetime, random: Random) -> Any:
    wanted = ProjectFilter(
        t=t,
        department=random.choice(DEPARTMENTS),
        holder=random.choice(["", "applicant", "land"]),
        stuck=random.choice([None, True, False]),
        text=random.choice(["", "fab"]),
        limit=random.choice([1, 3, 100]),
        offset=random.choice([0, 2]),
    )
    return await ProgressList(zone.approvals.store).page(wanted, Past(t, known))


async def table(zone: Zone, t: datetime, known: datetime, random: Random) -> Any:
    """The table in any order, its number and its figures; it has clocks and results from outside too."""
    wanted = ProjectFilter(
        t=t,
        department=random.choice(DEPARTMENTS),
        warned=random.choice(["", "", "late", "soon"]),
        stale_days=random.choice([None, None, STALE_DAYS]),
        over=random.choice([None, False]),
        limit=random.choice([2, 100]),
    )
    past = PastProgress(zone.approvals.store, zone.approvals.laws, Past(t, known))
    rows = await past.ordered(wanted, random.choice(list(ProgressSort)), None)
    ids = [row.project.project for row in rows]
    figures = await past.figures(wanted, STALE_DAYS)
    return rows, await past.items(ids), await past.count(wanted), figures if any(figures.values()) else {}


async def decided(zone: Zone, t: datetime, known: datetime, random: Random) -> Any:
    """What each department decided in the days before."""
    progress_list, since = ProgressList(zone.approvals.store), t - timedelta(days=random.choice([7, 30]))
    wanted = [DecidedFilter(department=department, since=since, t=t) for department in ("land", "planning", "tax")]
    rows = [await progress_list.decided(of_department, Past(t, known)) for of_department in wanted]
    assert [await progress_list.number_decided(each, Past(t, known)) for each in wanted] == list(map(len, rows))
    later = structs.replace(wanted[0], offset=1, limit=2)
    assert await progress_list.decided(later, Past(t, known)) == rows[0][1:3]
    return rows if any(rows) else []


async def outside(zone: Zone, t: datetime, known: datetime, random: Random) -> Any:
    """Results from outside, all or stale ones."""
    wanted = ExternalFilter(
        at=t,
        department=random.choice(["", "tax"]),
        stale_days=random.choice([None, STALE_DAYS]),
        limit=random.choice([2, 100]),
    )
    return await ExternalResults(zone.approvals.store).listed(wanted, Past(t, known))


def _timeliness(zone: Zone, t: datetime, known: datetime, random: Random) -> tuple[TimelinessOf, Period, str]:
    first = date(2026, 2, 20) + timedelta(days=random.randint(0, 25))
    query = TimelinessOf(zone.approvals.store, zone.approvals.laws, known, past=Past(t, known))
    return query, Period(first, first + timedelta(days=20)), random.choice(DEPARTMENTS)


async def lags(zone: Zone, t: datetime, known: datetime, random: Random) -> Any:
    """How late acts were recorded."""
    query, period, department = _timeliness(zone, t, known, random)
    lines = await query.lags(period, department)
    return lines if lines[0].acts else []


async def stopped(zone: Zone, t: datetime, known: datetime, random: Random) -> Any:
    """Which clocks were suspended."""
    query, _, _ = _timeliness(zone, t, known, random)
    spring = Period(date(2026, 3, random.choice([1, 7])), date(2026, 4, 30))
    return await query.often_stopped(spring, ZONE, random.choice(["", "land"]))


async def waits(zone: Zone, t: datetime, known: datetime, random: Random) -> Any:
    wanted = WaitingFilter(
        department=random.choice(DEPARTMENTS),
        holder=random.choice(["", "applicant", "land"]),
        at_hand=random.choice([True, False]),
        elsewhere=random.choice([True, False]),
        limit=random.choice([2, 100]),
        offset=random.choice([0, 1]),
        scope=random.choice([ZONE_SCOPE, Scope(caller=OFFICER)]),
    )
    rows, past = WaitingRows(zone.approvals.store), Past(t, known)
    listed = await rows.listed(wanted, past)
    in_full = [BriefWaiting(*(getattr(wait, name) for name in BriefWaiting.__struct_fields__)) for wait in listed]
    in_brief = await rows.brief(wanted, past)
    shown = await rows.shown(in_brief, past)
    assert [shown[wait.key] for wait in in_brief] == in_full
    return listed, await rows.holders(wanted.department, 9, past, wanted.scope)


async def information(zone: Zone, t: datetime, known: datetime, random: Random) -> Any:
    wanted = InformationFilter(
        text=random.choice(["", "fab", "hengxin"]), department=random.choice(DEPARTMENTS), limit=random.choice([2, 100])
    )
    return await InformationBook(zone.approvals.store, InformationPast(t, known, ZONE)).listed(wanted)


def _in_order(chosen: Mapping[ClockId, ChosenClock], listed: Sequence[ListedClock]) -> list[Reading]:
    """The readings of the list, in the order of those *chosen*, which has to have each of them."""
    readings = {clock.key: clock.reading for clock in listed}
    assert chosen.keys() == readings.keys()
    return [readings[key] for key in chosen]


async def clocks(zone: Zone, t: datetime, known: datetime, random: Random) -> Any:
    wanted = ClockFilter(
        department=random.choice(DEPARTMENTS),
        node=random.choice(["", "acceptance", "decision"]),
        closed=random.choice([True, False, False]),
        awaited=random.choice([True, False]),
        coloured=random.choice([True, False]),
        due_before=random.choice([None, date(2026, 4, 1)]),
        limit=random.choice([3, 100]),
        offset=random.choice([0, 2]),
    )
    at_t = ClocksAt(zone.approvals.store, zone.approvals.laws, t, known)
    listed = await at_t.listed(wanted)
    assert await at_t.ends(wanted) == list(map(ClockEnd.of, listed))
    chosen = {} if wanted.closed else await at_t.chosen([clock.key for clock in listed])
    assert wanted.closed or [clock.reading for clock in chosen.values()] == _in_order(chosen, listed)
    for clock in listed[:2]:
        key = clock.project, clock.reading.item, clock.reading.application
        whole = await at_t._read([clock.project])
        of_it = [each for each in whole if (each.reading.item, each.reading.application) == key[1:]]
        assert await at_t._read([clock.project], {key}) == of_it
    return listed, await at_t.counts(wanted.department)


async def board(zone: Zone, t: datetime, known: datetime, random: Random) -> Any:
    first = date(2026, 2, 20) + timedelta(days=random.randint(0, 40))
    period = Period(first, first + timedelta(days=random.choice([3, 27, 70])))
    cut = ListFilter(
        period=period,
        department=random.choice(DEPARTMENTS),
        figure=random.choice(["", "red", "in_force"]),
        limit=random.choice([2, 50]),
        offset=random.choice([0, 1]),
    )
    decided = ListFilter(period=period, figure=random.choice(["decided", "late"]), limit=5)
    lists = await zone.at(t).signal_page(cut), await zone.at(t).decided_page(decided)
    weeks = await zone.at(t).signals_by_period([period, period.after()])
    return *lists, await zone.at(t).board(period), await zone.at(t).total(period), weeks


QUESTIONS: tuple[Answer, ...] = (
    *(progress, table, decided, outside, lags, stopped, waits, information, clocks, board),
)


def something(random: Random, history: list[Entry], project: UUID, at: datetime) -> SignedCommand:
    """One command about a project, sometimes about what is decided outside."""
    if random.random() < BESIDE_SHARE:
        late = at - timedelta(days=random.choice([0, 0, 9]))
        commands: list[SignedCommand] = [
            (MANAGER, project, RecordExternalResult(item="tax", outcome=GRANTED, evidence="scan", occurred_at=late)),
            (MANAGER, project, VerifyExternalResult(item="tax", evidence="telephoned")),
        ]
        return random.choice(commands)
    return inside(random, history, project, at)


async def suspended_often(zone: Zone, project: UUID) -> None:
    """One project's clock stops day after day, which is recorded weeks later."""
    at = BEGIN + timedelta(days=2)
    await zone.on(local(zone.approvals.clock()), (MANAGER, project, structs.replace(REGISTER, occurred_at=at)))
    commands: list[tuple[Actor, AnyCommand]] = [
        (APPLICANT, SubmitItem(item="land", occurred_at=at)),
        (LAND, AcceptItem(item="land", occurred_at=at)),
    ]
    for number in range(SUSPENSIONS):
        at += timedelta(days=1)
        resumed = ResumeClock(item="land", suspension=f"s{number + 1}", occurred_at=at + timedelta(hours=3))
        commands += [(LAND, SuspendClock(item="land", ground="testing", occurred_at=at)), (LAND, resumed)]
    for by, command in commands:
        later = zone.approvals.clock() + timedelta(hours=2)
        await zone.on(local(later), (by, project, command))


@pytest_asyncio.fixture
async def zone(database_url: str) -> AsyncIterator[Zone]:
    hands = Hands("2026-03-02 09:00")
    async with Approvals(database_url, clock=hands) as approvals:
        yield Zone(database_url, approvals, hands)


@pytest.mark.long
async def test_any_answer_about_the_past_is_that_of_the_ledger(
    zone: Zone, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_board, "DAYS", DAYS)
    monkeypatch.setattr(test_board, "REGISTER", REGISTER)
    monkeypatch.setattr(test_board, "something", something)
    monkeypatch.setattr("projections.clocks.query.MOVED_FEW_MAX", -1)
    monkeypatch.setattr("projections.supervision.timeliness_query.SUSPENSIONS_USUAL_MAX", 0)
    monkeypatch.setattr("domain.law.timeliness.SUSPENSIONS_USUAL_MAX", 0)  # of the rows
    monkeypatch.setattr("projections.supervision.query.RESTATED_FEW_MAX", -1)
    random = Random(SEED)
    await lived(zone, random)
    await suspended_often(zone, uuid4())
    project_all(database_url)  # access is that of today
    project_all(database_url, Projector(database_url, HISTORIES))
    counts = Counter[str]()

    for number in range(ROUNDS):
        t, other = (BEGIN + timedelta(days=random.randint(-1, DAYS), minutes=random.randint(0, 1440)) for _ in "12")
        known = random.choice([t, zone.approvals.clock(), other])
        ask, seed = QUESTIONS[number % len(QUESTIONS)], random.random()
        answer = await ask(zone, t, known, Random(seed))
        with monkeypatch.context() as without:
            without.setattr(moment, "_reached", _nothing_made)
            by_ledger = await ask(zone, t, known, Random(seed))
        assert answer == by_ledger, (ask.__name__, t, known, seed)
        counts[ask.__name__] += bool(answer)

    assert min(counts.values()) > 1, counts
    assert len(counts) == len(QUESTIONS)
    assert rebuild(database_url, HISTORIES, swap=False).differences == ()
