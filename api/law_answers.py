"""What the law answers over HTTP: how every clock stands at the asked instants, and one clock day by day."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct

from api.body import field_problem
from api.law_questions import Prepared, Question
from domain.law.clock import Acceptance, Card, Clock, Level, State
from domain.law.evaluation import Evaluation, ItemState, evaluate
from domain.law.explain import Explanation, explain
from domain.law.renewal import Deemed


class ShownClock(Struct, frozen=True):
    """One clock. Days are working days; dates are local dates.

    *start* never counts. *due* is the last day in time, null while an open suspension makes it unknowable: then
    *earliest_due* is what it would be if the clock resumed now. *provisional*: it lies beyond the published calendar.
    """

    start: date
    length: int | None
    due: date | None
    earliest_due: date | None
    yellow_from: date | None
    used: int | None
    remaining: int
    overdue_days: int
    state: State
    level: Level
    provisional: bool


class ShownEvaluation(Struct, frozen=True):
    """All that the law says of one item at one instant, in the words of the golden vectors."""

    item_state: ItemState
    acceptance: Acceptance | None
    deemed: Deemed | None
    card: Card
    flags: tuple[str, ...]
    clocks: dict[str, ShownClock]


class Answered(Struct, frozen=True):
    """One answer: the instants asked about, the version of the calendar counted on, each clock's article."""

    t: datetime
    known: datetime
    calendar: str
    articles: dict[str, str]
    evaluation: ShownEvaluation


class Evaluations(Struct, frozen=True):
    """The answers, in the order of the questions."""

    evaluations: list[Answered]


class Explained(Struct, frozen=True):
    """One clock at one instant, day by day."""

    t: datetime
    known: datetime
    explanation: Explanation


class Explanations(Struct, frozen=True):
    """The explanations, in the order of the questions."""

    explanations: list[Explained]


def evaluations(asked: Prepared) -> Evaluations:
    """How everything stands at every instant asked about."""
    return Evaluations([_answered(asked, question) for question in asked.questions])


def _answered(asked: Prepared, question: Question) -> Answered:
    found = evaluate(asked.rule, asked.timeline, asked.book, question.t, question.known)
    return Answered(
        t=question.t,
        known=question.known or question.t,
        calendar=found.calendar,
        articles={name: clock.article for name, clock in found.clocks.items()},
        evaluation=shown_evaluation(found),
    )


def shown_evaluation(found: Evaluation) -> ShownEvaluation:
    """*found* as it is shown."""
    return ShownEvaluation(
        item_state=found.item_state,
        acceptance=found.acceptance,
        deemed=found.deemed,
        card=found.card,
        flags=found.flags,
        clocks={name: shown_clock(clock) for name, clock in found.clocks.items()},
    )


def shown_clock(clock: Clock) -> ShownClock:
    """*clock* as it is shown; its article stands beside it."""
    return ShownClock(*(getattr(clock, name) for name in ShownClock.__struct_fields__))


def explanations(asked: Prepared) -> Explanations:
    """The clock asked for, day by day. Raises Problem where it has not started by an instant asked about."""
    return Explanations([_explained(asked, question) for question in asked.questions])


def _explained(asked: Prepared, question: Question) -> Explained:
    t, known = question.t, question.known or question.t
    try:
        return Explained(t, known, explain(asked.rule, asked.timeline, asked.book, t, known, asked.clock))
    except KeyError as unstarted:
        running = evaluate(asked.rule, asked.timeline, asked.book, t, known).clocks
        raise field_problem(
            "$.clock",
            f"no clock {asked.clock} has started by {t.isoformat()}",
            f"started are: {', '.join(running) or 'none'}",
        ) from unstarted
