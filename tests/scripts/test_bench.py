"""The bench: its arithmetic, the commands it sends, the board it fills. Timings are never asserted."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.core.context import Context
from domain.core.ledger import Recorded
from domain.core.types import Stage
from domain.law.licensing.evaluation import evaluate
from domain.law.packs.expand import expand
from domain.messages import Entry, decide, replay
from infrastructure.law.lawbook import law_book
from projections.registry import VIEWS
from scripts.benches.board import QUERIES, boards, fill, queries
from scripts.benches.commands import ITEMS, project_life
from scripts.benches.evaluating import BEGUN, life, measured
from scripts.benches.evaluating import LAW as MEASURED_LAW
from scripts.benches.measure import Figure, ratio
from scripts.benches.paces import OpenProjects, Pace, PacePair, catching_up, family_of
from scripts.benches.paces import compared as paces_compared
from scripts.benches.signed_in import ServerRate, SignedInPair, compared, cpu_seconds
from tests.effort import chosen
from tests.examples import LAW

FILLED_ITEMS = chosen(1000, 3000)  # enough for every kind of row
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def test_a_figure_shows_the_median_and_the_slowest_hundredth() -> None:
    figure = Figure.of("anything", 8, 2.0, [number / 1000 for number in range(100, -1, -1)])

    assert (figure.per_second, figure.p50_ms, figure.p95_ms, figure.p99_ms) == (50.5, 50.0, 95.0, 99.0)


def test_nothing_done_has_no_latency_and_no_ratio() -> None:
    nothing = Figure.of("anything", 1, 1.0, [])

    assert (nothing.per_second, nothing.p50_ms) == (0.0, None)
    assert ratio(Figure("ours", 1, 10.0), nothing) is None
    assert ratio(Figure("ours", 1, 10.0), Figure("theirs", 1, 4.0)) == 2.5


def test_every_command_of_a_measured_life_is_one_fact_until_all_is_decided() -> None:
    project = UUID(int=1)
    entries: list[Entry] = []
    for command, by in project_life():
        (fact,) = decide(command, replay(project, entries), Context(by, NOON, NOON, LAW))
        entries.append(Entry(project, len(entries) + 1, NOON, NOON, fact, Recorded(by, UUID(int=2))))

    assert len(entries) == 1 + 3 * ITEMS
    assert {item.stage for item in replay(project, entries).items.values()} == {Stage.COMPLETED}


def test_the_history_that_is_evaluated_has_thirty_events_all_of_which_have_effect() -> None:
    pack = law_book().pack(MEASURED_LAW)
    plain = [event for event in life() if not event.corrects]
    result = evaluate(
        expand(pack, commitment_days=15), plain, law_book().calendars()[pack.calendar], BEGUN + timedelta(99)
    )

    assert len(plain) == 30
    assert set(result.flags) <= {"hearing_notice_short"}
    assert {name.partition(":")[0] for name in result.clocks} == {
        *(
            "intake#1",
            "intake#2",
            "decision",
            "commitment",
            "delivery",
            "countersign",
            "hearing_request",
            "hearing_hold",
        )
    }


def test_every_question_that_is_timed_is_answered() -> None:
    result = measured(rounds=20)

    assert result.evaluation.events == 30
    assert all(0 < timed.p50_us <= timed.p99_us for timed in result.timed)


async def test_the_filled_board_equals_its_lists(database_url: str) -> None:
    rows_of_sums = await asyncio.to_thread(fill, database_url, FILLED_ITEMS)
    result = await boards(database_url, FILLED_ITEMS, rows_of_sums)  # compares both, or raises

    assert result.rows_of_sums > 0
    assert result.board.clients == result.with_comparisons.clients == 1
    assert len(queries()) == QUERIES


def test_what_disturbs_a_few_pairs_does_not_decide_what_sign_in_costs() -> None:
    quiet, halved = ServerRate(1000.0, 2000.0), ServerRate(500.0, 1900.0)
    pairs = [SignedInPair(quiet, ServerRate(950.0, 1900.0))] * 5
    pairs += [SignedInPair(quiet, halved), SignedInPair(halved, quiet), SignedInPair(ServerRate(0.0, 0.0), quiet)]
    result = compared(pairs)
    assert (result.ratio, result.cpu_ratio) == (0.95, 0.95)


def test_processor_time_of_a_process_grows_as_it_works() -> None:
    before = cpu_seconds(os.getpid())
    sum(range(1_000_000))
    assert cpu_seconds(os.getpid()) > before


def test_processor_time_of_no_process_is_none() -> None:
    assert cpu_seconds(0) == 0.0


def test_the_pace_of_views_is_the_median_of_turns_and_not_of_what_disturbed_one() -> None:
    pairs = [PacePair(Pace(100.0, 50.0), Pace(ours, 1e6 / ours)) for ours in (90.0, 80.0, 1.0)]

    paces = paces_compared("views", "writer", pairs, 0.5)

    assert (paces.ratio, paces.per_second, paces.bound) == (0.8, 80.0, 0.5)
    assert paces.cpu_ratio == pytest.approx(50.0 / 12_500.0)


async def test_projects_under_way_get_their_commands_in_turn_and_one_at_a_time() -> None:
    sent: list[UUID] = []
    away: set[UUID] = set()

    async def send(project: UUID, *_: Any) -> None:
        assert project not in away
        away.add(project)
        await asyncio.sleep(0)
        away.remove(project)
        sent.append(project)

    left = iter(range(12))
    under_way = OpenProjects(3)
    await asyncio.gather(*[under_way.work(send, lambda: next(left, None) is not None) for _ in range(2)])

    assert [sent.count(project) for project in dict.fromkeys(sent)] == [4, 4, 4]


def test_views_that_caught_up_have_a_pace(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.benches.paces.TURN_SECONDS", 0.05)
    monkeypatch.setattr("scripts.benches.paces.WARM_UP_SECONDS", 0.0)

    paces = catching_up(database_url, VIEWS[:1], "progress", 1, projects=2, before=1)

    assert paces.per_second > 0.0
    assert len(paces.pairs) == 1


def test_a_process_that_is_not_there_has_no_family() -> None:
    assert family_of(0) == []
    assert os.getpid() in family_of(os.getppid())
