"""Cards under other rules: with the same rules they are the recorded ones, with others those that follow from these."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest
import pytest_asyncio

from domain.law.calendar.period import Period
from domain.law.licensing.rule import Yellow
from domain.project.application.delivery import DeliverDecision
from infrastructure.ledger.approvals import Approvals
from projections.history.moment import TooMuchToReadError
from projections.law import query as assumptions
from projections.law.query import signals_of
from projections.law.what_if import Alternative, AssumedSignal
from tests.examples import LAND
from tests.projections.supervision.test_query import MARCH, Zone, lived
from tests.watching import Hands

LAW = "cn-licensing@2019-04-23"


@dataclass(frozen=True)
class Lived:
    """A zone after a month of life, and its projects: in time, late by its promise, silent."""

    zone: Zone
    prompt: UUID
    slow: UUID
    silent: UUID

    async def under(self, other: Alternative, department: str = "") -> list[AssumedSignal]:
        approvals = self.zone.approvals
        t = approvals.clock()
        return await signals_of(approvals.store, approvals.laws, other, MARCH, "Asia/Shanghai", department, t)


@pytest_asyncio.fixture(scope="module")
async def march(shared_database_url: str) -> AsyncIterator[Lived]:
    """Recorded once: no question here changes anything."""
    hands = Hands("2026-03-02 09:00")
    async with Approvals(shared_database_url, clock=hands) as approvals:
        zone = Zone(shared_database_url, approvals, hands)
        prompt, slow, silent = await lived(zone)
        await zone.on("2026-03-18 09:00", (LAND, prompt, DeliverDecision(item="land", method="window")))
        yield Lived(zone, prompt, slow, silent)


def count(signals: list[AssumedSignal]) -> Counter[tuple[str, str]]:
    return Counter((signal.level, signal.compared) for signal in signals)


async def test_the_same_rules_give_the_recorded_signals(march: Lived) -> None:
    compared = await march.under(Alternative())
    board = (await march.zone.board())["land"]

    assert count(compared) == {
        ("warning", "same"): board.warning,
        ("yellow", "same"): board.yellow,
        ("red", "same"): board.red,
        ("deemed", "same"): board.deemed,
    }
    signals = await march.zone.at().signals(MARCH)
    assert sorted((signal.project, signal.item, signal.clock, signal.at) for signal in compared) == sorted(
        (signal.project, signal.item, signal.clock, signal.happened_at) for signal in signals
    )


async def test_the_same_version_named_changes_nothing(march: Lived) -> None:
    assert {signal.compared for signal in await march.under(Alternative(law=LAW))} == {"same"}
    assert {signal.compared for signal in await march.under(Alternative(law="eu-permits@2020-01-01"))} == {"same"}


async def test_an_earlier_threshold_moves_the_warnings_and_no_card(march: Lived) -> None:
    compared = await march.under(Alternative(yellow=Yellow(num=1, den=2, min=1)))

    assert {(signal.project, signal.clock, signal.compared) for signal in compared if signal.level == "warning"} == {
        (march.silent, "intake#1", "gone"),  # it came a day before the end, and now comes after half of the days
        (march.silent, "intake#1", "new"),
        (march.slow, "commitment", "gone"),
        (march.slow, "commitment", "new"),
        (march.silent, "commitment", "same"),  # it began near its end, by being deemed accepted
        (march.silent, "decision", "new"),  # half of these ran in March, the last fifth did not
        (march.prompt, "delivery", "new"),
    }
    assert {signal.compared for signal in compared if signal.level != "warning"} == {"same"}


async def test_a_longer_promise_would_have_been_kept(march: Lived) -> None:
    compared = [signal for signal in await march.under(Alternative(commitment_days=30)) if signal.level == "yellow"]

    assert {signal.compared for signal in compared} == {"gone"}
    assert {(signal.clock, signal.project) for signal in compared} >= {("commitment", march.slow)}


async def test_a_shorter_limit_would_have_been_missed(march: Lived) -> None:
    compared = [signal for signal in await march.under(Alternative(decision_days=5)) if signal.compared == "new"]

    late = [signal for signal in compared if signal.level == "red" and signal.clock == "decision"]
    assert march.slow in {signal.project for signal in late}
    assert march.prompt not in {signal.project for signal in late}


async def test_the_comparison_of_rules_can_be_of_one_department(march: Lived) -> None:
    assert await march.under(Alternative(), "planning") == []
    assert await march.under(Alternative(), "land") == await march.under(Alternative())


async def test_no_more_is_read_at_once_than_takes_seconds(march: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assumptions, "PROJECTS_MAX", 2)
    with pytest.raises(TooMuchToReadError, match="more than 2 projects"):
        await march.under(Alternative())


async def test_projects_that_were_done_before_the_period_are_not_read(
    march: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prompt one was delivered in March; in December the two others still had a clock running."""
    monkeypatch.setattr(assumptions, "PROJECTS_MAX", 2)
    approvals = march.zone.approvals
    december = Period(date(2026, 12, 1), date(2026, 12, 31))
    t = approvals.clock()
    assert await signals_of(approvals.store, approvals.laws, Alternative(), december, "Asia/Shanghai", "", t) == []
