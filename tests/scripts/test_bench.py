"""The bench's arithmetic, and that the life it sends is one the rules let through; its timings are never asserted."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from domain.ledger import Context, Recorded
from domain.project.state import Stage
from domain.vocabulary import Entry, decide, replay
from scripts.benches.commands import ITEMS, project_life
from scripts.benches.measure import Figure, ratio
from tests.controls import LAW

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def test_a_figure_tells_the_median_and_the_slowest_hundredth() -> None:
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
