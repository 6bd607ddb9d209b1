"""What is not settled: at any instant its spans of time count in what a reading at that instant counts in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.law.licensing.forecast import DISTANT
from infrastructure.ledger.approvals import Approvals
from projections.feedback.complaints import ComplaintRow
from projections.feedback.evaluations import EvaluationRow
from projections.feedback.fold import Feedback, FeedbackState
from projections.feedback.query import FeedbackAt, FeedbackFilter
from projections.feedback.reading import complaint_reading, evaluation_reading
from projections.feedback.summary import FeedbackCounts, complaint_figures, evaluation_figures
from projections.feedback.sums import BETWEEN, figures_at, is_settled
from projections.feedback.unsettled import going_on, open_counts, spans_of
from projections.law.shipped import shipped_law
from projections.scope import EVERYTHING, ZONE_SCOPE
from projections.view import fold
from tests.histories import World, worlds
from tests.law.questions import at
from tests.projections.feedback.test_query import approvals as recorded
from tests.spec import PROJECT

VIEW = Feedback(shipped_law)
DAYS_LATER_MAX = 40  # by then every clock is over
zone = recorded
LATER = at("2027-01-01 09:00")


def unsettled_in(world: World) -> list[ComplaintRow | EvaluationRow]:
    state: FeedbackState = fold([VIEW], PROJECT, world.entries).states[VIEW.name]
    rows: list[ComplaintRow | EvaluationRow] = [*state.complaints.values(), *state.evaluations.values()]
    return [row for row in rows if not is_settled(row)]


def figures_read(row: ComplaintRow | EvaluationRow, t: datetime) -> list[str]:
    law = shipped_law()
    if isinstance(row, ComplaintRow):
        return complaint_figures(complaint_reading(row, law, t, DISTANT))
    return evaluation_figures(evaluation_reading(row, law, t, DISTANT))


@given(worlds(), st.integers(0, 24 * DAYS_LATER_MAX))
def test_a_span_has_the_figures_of_every_instant_in_it(world: World, hours: int) -> None:
    t = max(entry.occurred_at for entry in world.entries) + timedelta(hours=hours)
    for row in unsettled_in(world):
        spans = list(spans_of(row, shipped_law()))
        holding = [held for begin, end, *held in spans if begin <= t and (end is None or t < end)]
        _, clocks = figures_at(row, shipped_law(), t)
        assert holding == [[figures_read(row, t), going_on(clocks)]]
        assert [span[1] for span in spans] == [*(span[0] for span in spans[1:]), None]


async def test_figures_of_now_make_no_reading(zone: Approvals, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []

    async def noted(self: FeedbackAt, complaints: Sequence[Any], evaluations: Sequence[Any]) -> FeedbackCounts:
        read.extend([*complaints, *evaluations])
        return await figures(self, complaints, evaluations)

    figures = FeedbackAt._figures
    monkeypatch.setattr(FeedbackAt, "_figures", noted)
    feedback = FeedbackAt(zone.store, zone.laws, LATER, LATER)
    lines = await feedback.summaries(FeedbackFilter(scope=ZONE_SCOPE), opinions_min=0)

    assert sum(line.open for line in lines if line.item is None) > 0
    assert sum(line.overdue for line in lines if line.item is None) > 0
    assert read == []


async def test_what_another_calendar_counted_is_read(zone: Approvals) -> None:
    async with zone.store.cursor() as cursor:
        counts = await open_counts(cursor, EVERYTHING, {}, zone.laws, LATER, LATER)
        assert counts is not None
        assert counts["land", "land", "open"] > 0
        assert await open_counts(cursor, EVERYTHING, {}, zone.laws, LATER, at("2019-01-01")) is None


async def test_rows_are_there_until_it_is_settled(zone: Approvals) -> None:
    async with zone.store.cursor() as cursor:
        await cursor.execute("SELECT project, kind, voice, figures FROM views.open_voice")
        rows = await cursor.fetchall()
        await cursor.execute(
            "SELECT project, complaint FROM views.complaint WHERE closed_at IS NULL UNION ALL"
            " SELECT project, evaluation FROM views.evaluation WHERE closed_at IS NULL OR appeal = 'open'"
        )
        unsettled = await cursor.fetchall()
    assert {(project, voice) for project, _, voice, _ in rows} == {*unsettled} != set()
    assert {kind for _, kind, _, _ in rows} == {"complaint", "evaluation"}
    assert any("overdue" in figures.split(BETWEEN) for *_, figures in rows)
