"""The bureau's figures are the lengths of lists, also at an earlier instant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio
from msgspec import structs
from psycopg.sql import SQL, Identifier

from domain.core.ledger import Actor
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.law.calendar.period import Period
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import AmendEntry, RetractEntry
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.supervision.appeals import AnswerSupervision, AppealCard, DecideAppeal, OrderSupervision, Verdict
from domain.project.supervision.signals import CardIssued
from infrastructure.ledger.approvals import Approvals
from projections.sums import ZONE
from projections.supervision import query as queries
from projections.supervision.figures import CASE_FIGURES, SIGNAL_FIGURES, Figures
from projections.supervision.fold import ENDED, STANDING, WARNING
from projections.supervision.list import IN_FORCE, ListFilter, decisions_query, signals_query
from projections.supervision.orders import OrderSort, order_place
from projections.supervision.query import SupervisionAt
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER
from tests.infrastructure.projector.test_projector import project_all
from tests.watching import Hands, watch_once

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
REGISTER = RegisterProject(
    name="Fab 2",
    enterprise=Enterprise("Hengxin"),
    manager="wang",
    items=(
        PlannedItem(item="land", department="land", promise_days=7),
        PlannedItem(item="site-plan", department="planning"),
    ),
)
ENGLISH = (PlannedItem(item="land", department="land", mode="major"),)
GRANT = CompleteItem(item="land", outcome=Outcome.GRANTED)


@pytest.fixture
def database_url(projected_database_url: str) -> str:
    """A fresh database with empty views."""
    return projected_database_url


class Zone:
    """A ledger with a watcher and a projector beside it, by a clock that the test sets."""

    def __init__(self, url: str, approvals: Approvals, hands: Hands) -> None:
        self._url, self._hands = url, hands
        self.approvals = approvals

    async def on(self, local: str, *commands: tuple[Actor, UUID, AnyCommand]) -> None:
        """At a local time the watcher records what is due, then people act, and the views take all of it in."""
        self._hands.at(local)
        await watch_once(self._url, self.approvals)
        for by, project, command in commands:
            await self.approvals.handle(project, command, by, uuid4())
        await watch_once(self._url, self.approvals)
        project_all(self._url)

    def at(self, as_of: datetime | None = None) -> SupervisionAt:
        laws = self.approvals.laws
        return SupervisionAt(self.approvals.store, laws, as_of or self._hands.now, "Asia/Shanghai")

    async def board(self, as_of: datetime | None = None) -> dict[str, Figures]:
        return {line.department: line for line in await self.at(as_of).board(MARCH)}

    async def cards(self, project: UUID) -> list[str]:
        return [e.fact.card for e in await self.approvals.history(project) if isinstance(e.fact, CardIssued)]


@pytest_asyncio.fixture
async def zone(database_url: str) -> AsyncIterator[Zone]:
    hands = Hands("2026-03-02 09:00")
    async with Approvals(database_url, clock=hands) as approvals:
        yield Zone(database_url, approvals, hands)


async def lived(zone: Zone) -> tuple[UUID, UUID, UUID]:
    """March: one project in time, one that breaks its promise and appeals, one that is never answered."""
    prompt, slow, silent = uuid4(), uuid4(), uuid4()
    for project in (prompt, slow, silent):
        await zone.on("2026-03-02 09:00", (MANAGER, project, REGISTER), (APPLICANT, project, SubmitItem(item="land")))
    accept = AcceptItem(item="land")
    await zone.on("2026-03-03 09:00", (LAND, prompt, accept), (LAND, slow, accept))
    await zone.on("2026-03-06 09:00", (LAND, prompt, GRANT))
    await zone.on("2026-03-16 09:00", (LAND, slow, GRANT))
    (card,) = await zone.cards(slow)
    await zone.on("2026-03-17 09:00", (LAND, slow, AppealCard(card=card, reasons="the applicant asked us to wait")))
    return prompt, slow, silent


async def test_a_warning_ends_with_its_clock_and_is_counted_all_the_same(zone: Zone) -> None:
    project = uuid4()
    await zone.on("2026-03-02 09:00", (MANAGER, project, REGISTER), (APPLICANT, project, SubmitItem(item="land")))
    await zone.on("2026-03-03 09:00", (LAND, project, AcceptItem(item="land")))
    await zone.on("2026-03-11 09:00")  # two of the seven days of the promise are left, today among them
    warned_at = zone.at().as_of

    async def states(as_of: datetime | None = None) -> list[tuple[str, str]]:
        return [(signal.clock, signal.state) for signal in await zone.at(as_of).signals(MARCH, figure=WARNING)]

    async def in_force(as_of: datetime | None = None) -> tuple[int, int]:
        page = await zone.at(as_of).signal_page(ListFilter(period=MARCH, figure=IN_FORCE, limit=1))
        return len(page.rows), page.count

    assert (await states(), await in_force()) == ([("commitment", "standing")], (1, 1))
    await zone.on("2026-03-12 09:00", (LAND, project, GRANT))

    assert (await states(), await in_force()) == ([("commitment", ENDED)], (0, 0))
    assert (await zone.board())["land"].warning == 1
    assert (await states(warned_at), await in_force(warned_at)) == ([("commitment", "standing")], (1, 1))

    # A correction since makes the ledger answer in the view's place, and that in the same way.
    earlier = datetime.fromisoformat("2026-03-02T08:30:00+08:00")
    amend = AmendEntry(version=2, new_occurred_at=earlier, reasons="a slip")
    await zone.on("2026-03-13 09:00", (BUREAU, project, amend))
    assert await states(warned_at) == [("commitment", "standing")]


async def test_a_warning_ends_in_the_minute_its_clock_stops(zone: Zone) -> None:
    project, late_news = uuid4(), uuid4()
    for each in (project, late_news):
        await zone.on("2026-03-02 09:00", (MANAGER, each, REGISTER), (APPLICANT, each, SubmitItem(item="land")))
        await zone.on("2026-03-03 09:00", (LAND, each, AcceptItem(item="land")))
    await zone.on("2026-03-11 09:00")
    yesterday = datetime.fromisoformat("2026-03-11T16:00:00+08:00")
    learned = structs.replace(GRANT, occurred_at=yesterday)
    await zone.on("2026-03-12 09:30", (LAND, project, GRANT), (LAND, late_news, learned))

    async def in_force(local: str) -> tuple[int, int, list[str]]:
        supervision = zone.at(datetime.fromisoformat(f"{local}+08:00"))
        page = await supervision.signal_page(ListFilter(period=MARCH, figure=IN_FORCE, limit=1))
        return len(page.rows), page.count, [row.state for row in await supervision.signals(MARCH, figure=WARNING)]

    assert await in_force("2026-03-12 09:29") == (1, 2, [STANDING, STANDING])  # as was known then
    assert await in_force("2026-03-12 09:30") == (0, 0, [ENDED, ENDED])


async def test_no_count_or_decision_asks_when_warnings_ended(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    project = uuid4()
    await zone.on("2026-03-02 09:00", (MANAGER, project, REGISTER), (APPLICANT, project, SubmitItem(item="land")))
    await zone.on("2026-03-03 09:00", (LAND, project, AcceptItem(item="land")))
    await zone.on("2026-03-11 09:00")
    warned_at = zone.at().as_of
    await zone.on("2026-03-12 09:00", (LAND, project, GRANT))
    monkeypatch.setattr(queries, "RESTATED", None)

    assert (await zone.board(warned_at))["land"].warning == 1
    assert (await zone.at(warned_at).total(MARCH)).warning == 1
    assert [counts for counts in await zone.at(warned_at).signals_by_period([MARCH]) if counts]
    assert not await zone.at(warned_at).changed_states(MARCH)
    assert await zone.at(warned_at).decided(MARCH) == []
    with pytest.raises(TypeError):
        await zone.at(warned_at).signals(MARCH)


async def test_a_warning_under_another_law_ends_with_its_clock(zone: Zone) -> None:
    project, english = uuid4(), structs.replace(REGISTER, law="uk-planning", items=ENGLISH)
    await zone.on("2026-03-02 18:00", (MANAGER, project, english), (APPLICANT, project, SubmitItem(item="land")))
    await zone.on("2026-03-03 18:00", (LAND, project, AcceptItem(item="land")))
    await zone.on("2026-05-15 09:00")
    await zone.on("2026-05-20 18:00", (LAND, project, GRANT))

    async def states(local: str) -> list[str]:
        supervision = zone.at(datetime.fromisoformat(f"{local}+08:00"))
        return [signal.state for signal in await supervision.signals(Period(date(2026, 3, 1), date(2026, 6, 30)))]

    assert await states("2026-05-16 09:00") == [STANDING]
    assert await states("2026-05-20 17:59") == [STANDING]
    assert await states("2026-05-20 18:00") == [ENDED]


async def test_warnings_in_force_are_counted_by_running_clocks(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    project = uuid4()
    await zone.on("2026-03-02 09:00", (MANAGER, project, REGISTER), (APPLICANT, project, SubmitItem(item="land")))
    await zone.on("2026-03-03 09:00", (LAND, project, AcceptItem(item="land")))
    await zone.on("2026-03-11 09:00")
    monkeypatch.setattr(queries, "signals_query", None)  # by the clocks that run alone
    criteria = ListFilter(period=MARCH, figure=IN_FORCE, limit=1)
    assert (await zone.at().signal_page(criteria)).count == 1

    await zone.on("2026-03-12 20:00", (LAND, project, GRANT))

    assert (await zone.at().signal_page(criteria)).count == 0


async def test_the_board_counts_what_happened_by_department(zone: Zone) -> None:
    await lived(zone)
    board = await zone.board()

    land = board["land"]
    assert (land.decided, land.on_time, land.late, land.on_time_rate) == (2, 2, 0, 1.0)
    assert land.median_working_days == 6  # 3 and 9 working days after acceptance
    assert (land.warning, land.yellow, land.red, land.deemed) == (3, 2, 1, 1)
    assert (land.appealed, land.rescinded, land.revoked) == (1, 0, 0)
    assert "planning" not in board
    assert board[""] == Figures("", *[getattr(land, name) for name in land.__struct_fields__[1:]])


async def test_every_figure_is_the_length_of_its_list(zone: Zone) -> None:
    await lived(zone)
    supervision = zone.at()
    for line in await supervision.board(MARCH):
        for figure in SIGNAL_FIGURES:
            assert len(await supervision.signals(MARCH, line.department, figure)) == getattr(line, figure)
        for figure in CASE_FIGURES:
            assert len(await supervision.decided(MARCH, line.department, figure)) == getattr(line, figure)
    assert (await supervision.board(MARCH.before()))[0].decided == 0


async def test_an_earlier_instant_reads_as_it_did_then(zone: Zone) -> None:
    """Also after an appeal was decided, dates were amended, and a card and a decision were retracted by hand."""
    prompt, slow, silent = await lived(zone)
    then = zone.approvals.clock()
    before = await zone.board()
    (card,) = await zone.cards(slow)
    revoke = DecideAppeal(card=card, verdict=Verdict.REVOKE, reasons="so it was")
    await zone.on("2026-03-18 09:00", (BUREAU, slow, revoke))
    assert ((await zone.board())["land"].revoked, (await zone.board())["land"].yellow) == (1, 1)

    history = await zone.approvals.history(silent)
    by_hand = next(entry.version for entry in history if isinstance(entry.fact, CardIssued))
    later = datetime.fromisoformat("2026-03-05T09:00:00+08:00")
    await zone.on(
        "2026-03-19 09:00",
        (BUREAU, silent, RetractEntry(version=by_hand, reasons="a test")),
        (BUREAU, silent, AmendEntry(version=2, new_occurred_at=later, reasons="a slip")),
        (BUREAU, prompt, RetractEntry(version=4, reasons="the wrong project")),
    )

    assert (await zone.board())["land"].decided == 1
    assert (await zone.board())["land"].rescinded > 0
    assert await zone.board(then) == before


async def test_orders_wait_for_their_answers(zone: Zone) -> None:
    _, slow, _ = await lived(zone)
    order = OrderSupervision(order="DB-1", item="land", about="why so late", feedback_by=date(2026, 3, 20))
    await zone.on("2026-03-17 10:00", (BUREAU, slow, order))
    then = zone.approvals.clock()
    await zone.on("2026-03-18 10:00", (LAND, slow, AnswerSupervision(order="DB-1", answer="one officer was ill")))

    (answered,) = await zone.at().orders(limit=10)
    assert (answered.department, answered.answer) == ("land", "one officer was ill")
    assert await zone.at().orders(unanswered=True, limit=10) == []
    for unanswered in (True, False):
        (waiting,) = await zone.at(then).orders("land", unanswered=unanswered, limit=10)
        assert (waiting.order, waiting.answer, waiting.answered_at) == ("DB-1", "", None)
    assert await zone.at().orders("planning", limit=10) == []


async def test_orders_by_their_reporting_day_or_the_newest_first(zone: Zone) -> None:
    _, slow, _ = await lived(zone)
    for nth, day in enumerate((25, 20, 28)):
        order = OrderSupervision(order=f"DB-{nth}", item="land", about="so late", feedback_by=date(2026, 3, day))
        await zone.on(f"2026-03-17 1{nth}:00", (BUREAU, slow, order))

    expected = {OrderSort.FEEDBACK: ["DB-1", "DB-0", "DB-2"], OrderSort.ORDERED: ["DB-2", "DB-1", "DB-0"]}
    for sort, names in expected.items():
        first = await zone.at().orders(sort=sort, limit=2)
        rest = await zone.at().orders(sort=sort, limit=2, last=order_place(first[-1], sort))
        assert [row.order for row in (*first, *rest)] == names


INDEXES = {
    ("signal", "", "land"): "signal_department_happened_at_project_version_idx",
    ("signal", "", ""): "signal_happened_at_project_version_idx",
    ("signal", "red", ""): "signal_level_happened_at_project_version_idx",
    ("signal", "revoked", ""): "signal_state_happened_at_project_version_idx",
    ("decision", "decided", "land"): "decision_department_decided_at_project_item_application_idx",
    ("decision", "decided", ""): "decision_decided_at_project_item_application_idx",
    ("decision", "late", "land"): "late_decision_department_decided_at_project_item_applicatio_idx",
    ("decision", "late", ""): "late_decision_decided_at_project_item_application_idx",
}


@pytest.mark.parametrize("oldest_first", [False, True])
async def test_both_ways_of_a_list_are_read_by_an_index(zone: Zone, database_url: str, oldest_first: bool) -> None:
    await lived(zone)
    names = ("signal", "signal_state", "decision", "late_decision", "clock")
    views = {name: SQL("views.{}").format(Identifier(name)) for name in names}
    with psycopg.connect(database_url) as connection:
        connection.execute("SET LOCAL enable_sort = off")  # a few rows are sooner sorted than found
        connection.execute("SET LOCAL enable_seqscan = off")
        for (listed, figure, department), index in INDEXES.items():
            criteria = ListFilter(
                period=MARCH, department=department, figure=figure, oldest_first=oldest_first, limit=20
            )
            query = (
                signals_query(criteria, views, without=False)
                if listed == "signal"
                else decisions_query(criteria, views, without=False)
            )
            params = {**criteria.params(), "as_of": zone.approvals.clock(), "zone": ZONE}
            params |= {"first": MARCH.begins(ZONE), "end": MARCH.ends(ZONE)}
            rows = connection.execute(SQL("EXPLAIN {}").format(query), params).fetchall()
            plan = "\n".join(line for (line,) in rows)
            assert f"{'Index Scan' if oldest_first else 'Index Scan Backward'} using {index}" in plan, plan


async def test_where_nothing_happened_there_is_no_rate(zone: Zone) -> None:
    await zone.on("2026-03-02 09:00")

    (total,) = (await zone.board()).values()

    assert (total.decided, total.on_time_rate, total.median_working_days) == (0, None, None)
