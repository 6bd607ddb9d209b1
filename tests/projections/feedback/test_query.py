"""Asking for complaints and evaluations: the view says what the ledger says, at any instant, as known at any other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import pytest
import pytest_asyncio
from msgspec import structs

from domain.law.calendar.moment import midnight
from domain.law.feedback.clock import FeedbackClockState
from domain.law.feedback.terms import FeedbackStep
from domain.messages import Entry
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from projections.feedback.fold import Feedback, FeedbackState
from projections.feedback.query import FeedbackAt, FeedbackFilter
from projections.feedback.reading import ComplaintReading, EvaluationReading, complaint_reading, evaluation_reading
from projections.feedback.summary import FeedbackCounts, figures_of, lines_of
from projections.feedback.sums_query import SummedFeedback
from projections.histories import HISTORIES
from projections.history.moment import TooMuchToReadError
from projections.law.shipped import shipped_law
from projections.reader import Laws
from projections.scope import ZONE_SCOPE
from projections.sums import ZONE
from projections.view import fold_at
from tests.effort import chosen
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.projections.feedback.voiced import projects, record_feedback
from tests.projections.zone import project_id
from tests.watching import Hands

INSTANTS = [
    "04-01 11:30",
    "04-03 10:30",
    "04-10 09:00",
    "04-18 09:00",
    "04-21 00:00",
    "05-07 09:00",
    "2027-01-01 09:00",
]
MOVED_FEW = (50, -1)  # then the rows of now answer, and what has moved since; then the histories
Histories = dict[UUID, Sequence[Entry]]
A = TypeVar("A", ComplaintReading, EvaluationReading)
EVERY = [*(project for project, _ in projects()), project_id("story")]
OF_BOTH = [
    FeedbackFilter(limit=1000),
    FeedbackFilter(limit=3),
    FeedbackFilter(limit=2, offset=1),
    FeedbackFilter(equal={"department": "land"}),
    FeedbackFilter(equal={"item": "land", "state": "closed"}),
    FeedbackFilter(project=project_id("corrected")),
    FeedbackFilter(project=project_id("nothing was ever said")),
    FeedbackFilter(first=at("04-01 12:00"), end=at("04-03 11:00")),
    FeedbackFilter(equal={"state": "accepted"}),
    *(FeedbackFilter(standing=standing) for standing in FeedbackClockState),
    FeedbackFilter(standing=FeedbackClockState.LATE, limit=1, offset=1),
]
OF_COMPLAINTS = [
    FeedbackFilter(clock=FeedbackStep.ANSWER),
    FeedbackFilter(clock=FeedbackStep.ACCEPTANCE, standing=FeedbackClockState.KEPT),
]
OF_EVALUATIONS = [
    FeedbackFilter(equal={"bad": True}),
    FeedbackFilter(equal={"grade": "dissatisfied", "appeal": "upheld"}),
    FeedbackFilter(clock=FeedbackStep.CALL_BACK, standing=FeedbackClockState.KEPT),
]


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """The zone, recorded and projected."""
    hands = Hands("2026-03-01 09:00")
    async with Approvals(shared_database_url, clock=hands) as opened:
        await record_feedback(opened, hands)
        project_all(shared_database_url)
        project_all(shared_database_url, Projector(shared_database_url, HISTORIES))
        yield opened


@pytest_asyncio.fixture(scope="module")
async def histories(approvals: Approvals) -> Histories:
    """The entries of every project."""
    return {project: await approvals.history(project) for project in EVERY}


def questions(*knowns: str | None) -> list[tuple[str, str | None, int]]:
    """Every instant as known at each of *knowns*; where more projects than the number have moved, histories answer.

    The suite asks in the two ways in turn, so that each instant and each state of knowledge is met in both.
    """
    pairs = [(i + j, instant, known) for i, instant in enumerate(INSTANTS) for j, known in enumerate(knowns)]
    in_turn = [(instant, known, MOVED_FEW[nth % 2]) for nth, instant, known in pairs]
    return chosen(in_turn, [(instant, known, few) for _, instant, known in pairs for few in MOVED_FEW])


class Ledger:
    """The same questions, answered from the entries alone, without any view."""

    def __init__(self, histories: Histories, laws: Laws, t: datetime, known: datetime) -> None:
        view = Feedback(shipped_law)
        self.states: dict[UUID, FeedbackState] = {
            project: fold_at([view], project, entries, t, known).states[view.name]
            for project, entries in histories.items()
        }
        complaints = (row for state in self.states.values() for row in state.complaints.values())
        evaluations = (row for state in self.states.values() for row in state.evaluations.values())
        self._complaints = [complaint_reading(row, laws, t, known) for row in complaints]
        self._complaints.sort(
            key=lambda reading: (reading.filed_at, reading.project.hex, reading.complaint), reverse=True
        )
        self._evaluations = [evaluation_reading(row, laws, t, known) for row in evaluations]
        self._evaluations.sort(
            key=lambda reading: (reading.evaluated_at, reading.project.hex, reading.evaluation), reverse=True
        )

    def complaints(self, criteria: FeedbackFilter) -> list[ComplaintReading]:
        read = self._complaints
        return wanted(
            criteria, [reading for reading in read if criteria.takes(reading.project, reading, reading.filed_at)]
        )

    def evaluations(self, criteria: FeedbackFilter) -> list[EvaluationReading]:
        read = self._evaluations
        return wanted(
            criteria, [reading for reading in read if criteria.takes(reading.project, reading, reading.evaluated_at)]
        )


def wanted(criteria: FeedbackFilter, read: Sequence[A]) -> list[A]:
    """The page that is asked for."""
    matches = [
        reading
        for reading in read
        if not criteria.by_clock
        or any(
            (criteria.clock is None or clock.clock is criteria.clock)
            and (criteria.standing is None or clock.state is criteria.standing)
            for clock in reading.clocks
        )
    ]
    return matches[criteria.offset :][: criteria.limit]


@pytest.mark.parametrize(
    ("instant", "known", "moved_few"), questions(None, "04-16 09:00", "04-20 08:00", "2027-01-01 09:00")
)
async def test_lists_are_what_the_ledger_says(
    approvals: Approvals,
    histories: Histories,
    monkeypatch: pytest.MonkeyPatch,
    instant: str,
    known: str | None,
    moved_few: int,
) -> None:
    monkeypatch.setattr("projections.feedback.query.MOVED_FEW_MAX", moved_few)
    monkeypatch.setattr("projections.feedback.query.BATCH_MAX", 2)
    t = at(instant)
    then = t if known is None else at(known)
    feedback = FeedbackAt(approvals.store, approvals.laws, t, then)
    ledger = Ledger(histories, approvals.laws, t, then)
    for criteria in (*OF_BOTH, *OF_COMPLAINTS):
        assert await feedback.complaints(criteria) == ledger.complaints(criteria), criteria
    for criteria in (*OF_BOTH, *OF_EVALUATIONS):
        assert await feedback.evaluations(criteria) == ledger.evaluations(criteria), criteria
    for project, state in ledger.states.items():
        assert [(step.version, step.subject, step.step, step.by) for step in await feedback.steps(project)] == [
            (row[1], row[2], row[3], row[4]) for row in state.steps
        ]


async def test_a_correction_is_known_from_the_instant_it_was_recorded(approvals: Approvals) -> None:
    async def acceptance(t: str, known: str) -> FeedbackClockState:
        feedback = FeedbackAt(approvals.store, approvals.laws, at(t), at(known))
        (reading,) = await feedback.complaints(FeedbackFilter(project=project_id("corrected")))
        return reading.clocks[0].state

    assert (
        await acceptance("04-09 18:00", "04-09 18:00") is FeedbackClockState.RUNNING
    )  # the fifth working day: Qingming is not
    assert await acceptance("04-14 09:00", "04-14 09:00") is FeedbackClockState.OVERDUE
    assert await acceptance("04-16 09:00", "04-20 08:59") is FeedbackClockState.LATE
    assert await acceptance("04-16 09:00", "04-20 09:00") is FeedbackClockState.KEPT
    assert await acceptance("04-10 12:00", "2027-01-01") is FeedbackClockState.KEPT


async def test_what_was_retracted_was_there_before(approvals: Approvals) -> None:
    async def state(known: str) -> tuple[str, str]:
        feedback = FeedbackAt(approvals.store, approvals.laws, at("05-30 09:00"), at(known))
        (reading,) = await feedback.complaints(FeedbackFilter(project=project_id("retracted")))
        return reading.state, reading.answer

    assert await state("05-19 09:00") == ("answered", "we hurry")
    assert await state("05-30 09:00") == ("accepted", "")


async def test_every_round_of_putting_right_has_its_clocks(approvals: Approvals) -> None:
    feedback = FeedbackAt(approvals.store, approvals.laws, at("05-30 09:00"), at("05-30 09:00"))
    (reading,) = await feedback.evaluations(FeedbackFilter(project=project_id("rectified")))
    assert [(clock.clock, clock.state) for clock in reading.clocks] == [
        (FeedbackStep.START, FeedbackClockState.KEPT),
        (FeedbackStep.RECTIFICATION, FeedbackClockState.LATE),  # the fifteenth working day was the 24th of April
        (FeedbackStep.CALL_BACK, FeedbackClockState.KEPT),
        (FeedbackStep.START, FeedbackClockState.KEPT),  # the May holiday does not count
        (FeedbackStep.RECTIFICATION, FeedbackClockState.KEPT),
        (FeedbackStep.CALL_BACK, FeedbackClockState.KEPT),
    ]
    assert reading.clocks[1].days == 15
    assert all(clock.basis and clock.rule == "zone-voices@2020-01-01" for clock in reading.clocks)


async def test_figures_count_what_the_lists_hold(approvals: Approvals) -> None:
    feedback = FeedbackAt(approvals.store, approvals.laws, at("05-30 09:00"), at("05-30 09:00"))
    lines = {(line.department, line.item): line for line in await feedback.summaries(FeedbackFilter(), opinions_min=0)}
    land = lines["land", None]
    complaints = await feedback.complaints(FeedbackFilter(equal={"department": "land"}, limit=1000))
    evaluations = await feedback.evaluations(FeedbackFilter(equal={"department": "land"}, limit=1000))
    assert (land.complaints, land.evaluations + (land.void or 0)) == (len(complaints), len(evaluations)) == (3, 4)
    assert (land.bad_rate.part, land.bad_rate.n, land.bad_rate.rate) == (2, 3, 0.6667)
    assert (land.rectified.part, land.rectified_on_time.part, land.rectified_on_time.n) == (1, 0, 2)
    assert (land.on_time.part, land.on_time.n) == (2, 3)  # the third was taken up late, and is not answered
    assert land.late == 3  # two accepted or passed on late, one answer that is overdue
    assert lines["water", None].on_time.part == 0
    assert lines["", ""].complaints >= 1


async def test_settled_feedback_of_a_past_day_is_counted_not_read(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.feedback.query.MOVED_FEW_MAX", -1)
    read: list[int] = []

    async def noted(self: FeedbackAt, complaints: Sequence[Any], evaluations: Sequence[Any]) -> FeedbackCounts:
        read.append(len(complaints) + len(evaluations))
        return await figures(self, complaints, evaluations)

    figures = FeedbackAt._figures
    monkeypatch.setattr(FeedbackAt, "_figures", noted)
    feedback = FeedbackAt(approvals.store, approvals.laws, at("05-30 09:00"), at("05-30 09:00"))
    listed = len(await feedback.complaints(FeedbackFilter())) + len(await feedback.evaluations(FeedbackFilter()))
    lines = await feedback.summaries(FeedbackFilter(), opinions_min=0)

    total = sum(line.complaints + line.evaluations + (line.void or 0) for line in lines if line.item is None)
    assert total == listed
    assert 0 < read[0] < listed


@pytest.mark.parametrize(("instant", "known", "moved_few"), questions(None, "04-16 09:00", "2027-01-01 09:00"))
async def test_figures_are_those_of_the_lists_in_the_ledger(
    approvals: Approvals,
    histories: Histories,
    monkeypatch: pytest.MonkeyPatch,
    instant: str,
    known: str | None,
    moved_few: int,
) -> None:
    monkeypatch.setattr("projections.feedback.query.MOVED_FEW_MAX", moved_few)
    t = at(instant)
    then = t if known is None else at(known)
    feedback = FeedbackAt(approvals.store, approvals.laws, t, then)
    ledger = Ledger(histories, approvals.laws, t, then)
    day, month = (midnight(date(2026, *first), ZONE) for first in ((4, 2), (5, 1)))
    for narrowed in (
        FeedbackFilter(scope=ZONE_SCOPE),
        FeedbackFilter(scope=ZONE_SCOPE, equal={"department": "land", "item": "land"}),
        FeedbackFilter(scope=ZONE_SCOPE, first=day),
        FeedbackFilter(scope=ZONE_SCOPE, first=day, end=month),
        FeedbackFilter(scope=ZONE_SCOPE, first=at("04-01 12:00"), end=month),  # not by days: from rows
    ):
        whole = structs.replace(narrowed, limit=1000)
        counts = figures_of(ledger.complaints(whole), ledger.evaluations(whole))
        assert await feedback.summaries(narrowed, 0) == lines_of(counts, opinions_min=0), narrowed


async def test_figures_of_what_is_settled_come_from_sums(approvals: Approvals) -> None:
    feedback = FeedbackAt(approvals.store, approvals.laws, at("2027-01-01"), at("2027-01-01"))
    async with approvals.store.cursor() as cursor:
        summed = SummedFeedback.of(ZONE_SCOPE, {}, None, None)
        assert summed is not None
        settled = await summed.read(cursor, approvals.laws, at("2027-01-01"))
        assert settled is not None
        assert settled["land", "land", "complaints"] > 0
        assert settled["land", "land", "good"] > 0
        assert await summed.read(cursor, approvals.laws, at("2019-01-01")) is None  # another calendar was known then
    assert await feedback.summaries(FeedbackFilter(scope=ZONE_SCOPE), 0)


async def test_too_much_is_refused(approvals: Approvals, monkeypatch: pytest.MonkeyPatch) -> None:
    feedback = FeedbackAt(approvals.store, approvals.laws, at("05-30 09:00"), at("05-30 09:00"))
    monkeypatch.setattr("projections.feedback.query.VOICES_READ_MAX", 2)
    with pytest.raises(TooMuchToReadError, match="more than 2 complaints"):
        await feedback.complaints(FeedbackFilter(standing=FeedbackClockState.KEPT))
    assert len(await feedback.complaints(FeedbackFilter(limit=5))) == 5
    monkeypatch.setattr("projections.feedback.query.PROJECTS_READ_MAX", 2)
    with pytest.raises(TooMuchToReadError, match="more than 2 projects"):
        await FeedbackAt(approvals.store, approvals.laws, at("04-01"), at("04-01")).evaluations(FeedbackFilter())
