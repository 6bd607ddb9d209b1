"""The bench: its arithmetic, the commands it sends, the board it fills. Timings are never asserted."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.core.context import Context
from domain.core.ledger import Recorded
from domain.core.types import Stage
from domain.law.licensing.evaluation import evaluate
from domain.law.packs.expand import expand
from domain.messages import Entry, decide, replay
from infrastructure.law.lawbook import law_book
from scripts.benches.board import QUERIES, boards, fill, queries
from scripts.benches.commands import ITEMS, project_life
from scripts.benches.evaluating import BEGUN, life, measured
from scripts.benches.evaluating import LAW as MEASURED_LAW
from scripts.benches.measure import Figure, ratio
from scripts.benches.signed_in import ServerRate, SignedInPair, compared, cpu_seconds
from tests.effort import chosen
from tests.examples import LAW

FILLED_ITEMS = chosen(500, 3000)  # enough for every kind of row
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


@pytest.mark.long
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


def test_a_bench_that_is_terminated_cleans_up() -> None:
    script = """
import os, signal, time
from scripts.benches.database import terminable
with terminable():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    except KeyboardInterrupt:
        print("cleaned up")
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "cleaned up\n"
