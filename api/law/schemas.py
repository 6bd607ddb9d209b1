"""Responses of the law over HTTP: the state of every clock at the requested instants, and one clock day by day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from api.clocks.remarks import FlagSentence, sentence_of
from api.law.requests import GeneralChoice, LawQuestion, Prepared
from api.web.request_body import field_problem
from domain.law.calendar.moment import midnight
from domain.law.documented import documented
from domain.law.generic.evaluate import as_clock
from domain.law.generic.explain import explain_general
from domain.law.generic.item import general_item
from domain.law.licensing.clock import Acceptance, Card, Clock, Level, State
from domain.law.licensing.evaluation import ClockEvaluation, ItemState, evaluate
from domain.law.licensing.explain import Explanation, explain
from domain.law.licensing.renewal import Deemed
from projections.clocks.reading import WORKING_DAY


class EvaluatedClock(Struct, frozen=True):
    """One clock. Days are working days unless `units` says otherwise; dates are local dates.

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
    """All that the law says of one item at one instant, in the words of the golden vectors.

    *item_state*, *acceptance* and *deemed* are null under a law that counts otherwise than in working days.
    """

    item_state: ItemState | None
    acceptance: Acceptance | None
    deemed: Deemed | None
    card: Card
    flags: tuple[str, ...]
    clocks: dict[str, EvaluatedClock]


class Answered(Struct, frozen=True):
    """One answer: the instants asked about, the version of the calendar counted on, each clock's article.

    *units* says what each clock counts: its *length*, *used* and *remaining* are in days of that unit, in calendar days
    for weeks and months, in hours for working hours. *over_at* is the first instant after its last moment in time, as
    far as that is known, and *silence* what the law has taken its end for where it decides: "deemed_granted".
    *remarks* has each of the flags in words.
    """

    t: datetime
    known: datetime
    calendar: str
    articles: dict[str, str]
    units: dict[str, str]
    over_at: dict[str, datetime]
    silence: dict[str, str]
    remarks: dict[str, FlagSentence]
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


def evaluations(prepared: Prepared) -> Evaluations:
    """The state of everything at each instant asked about."""
    return Evaluations([_answered(prepared, question) for question in prepared.questions])


def _answered(prepared: Prepared, question: LawQuestion) -> Answered:
    if isinstance(prepared.rule, GeneralChoice):
        return _answered_otherwise(prepared.rule, prepared, question)
    evaluation = evaluate(prepared.rule, prepared.timeline, prepared.book, question.t, question.known)
    over = {name: clock.over_from for name, clock in evaluation.clocks.items()}
    return Answered(
        t=question.t,
        known=question.known or question.t,
        calendar=evaluation.calendar,
        articles={name: clock.article for name, clock in evaluation.clocks.items()},
        units=dict.fromkeys(evaluation.clocks, WORKING_DAY),
        over_at={name: midnight(day, prepared.rule.zone) for name, day in over.items() if day},
        silence={},
        remarks=_remarks(prepared, evaluation.flags),
        evaluation=shown_evaluation(evaluation),
    )


def _answered_otherwise(law: GeneralChoice, prepared: Prepared, question: LawQuestion) -> Answered:
    """The same under a law that counts otherwise than in working days."""
    t, known = question.t, question.known or question.t
    terms = law.terms(prepared.book, known)
    item = general_item(terms, prepared.timeline, t, known)
    readings = item.readings
    return Answered(
        t=t,
        known=known,
        calendar=terms.calendar.version,
        articles={reading.name: reading.article for reading in readings},
        units={reading.name: reading.unit for reading in readings},
        over_at={reading.name: reading.over_at for reading in readings if reading.over_at},
        silence={reading.name: reading.standing.deemed for reading in readings if reading.standing.deemed},
        remarks=_remarks(prepared, item.flags),
        evaluation=ShownEvaluation(
            item_state=None,
            acceptance=None,
            deemed=None,
            card=item.card,
            flags=item.flags,
            clocks={reading.name: shown_clock(as_clock(reading)) for reading in readings},
        ),
    )


def _remarks(prepared: Prepared, flags: Iterable[str]) -> dict[str, FlagSentence]:
    return {flag: sentence_of(flag, prepared.pack, prepared.mode) for flag in flags}


def shown_evaluation(evaluation: ClockEvaluation) -> ShownEvaluation:
    """*evaluation* as it is shown."""
    return ShownEvaluation(
        item_state=evaluation.item_state,
        acceptance=evaluation.acceptance,
        deemed=evaluation.deemed,
        card=evaluation.card,
        flags=evaluation.flags,
        clocks={name: shown_clock(clock) for name, clock in evaluation.clocks.items()},
    )


def shown_clock(clock: Clock) -> EvaluatedClock:
    """*clock* as it is shown; its article is beside it."""
    return EvaluatedClock(*(getattr(clock, name) for name in EvaluatedClock.__struct_fields__))


def explanations(prepared: Prepared) -> Explanations:
    """The clock asked for, day by day. Raises Problem where it has not started by an instant asked about."""
    return Explanations([_explained(prepared, question) for question in prepared.questions])


def _explained(prepared: Prepared, question: LawQuestion) -> Explained:
    t, known = question.t, question.known or question.t
    try:
        return Explained(t, known, _explanation(prepared, t, known))
    except KeyError as unstarted:
        running = _answered(prepared, question).articles
        raise field_problem(
            "$.clock",
            f"no clock {prepared.clock} has started by {t.isoformat()}",
            f"started are: {', '.join(running) or 'none'}",
        ) from unstarted
    except ValueError as hours:
        raise field_problem(
            "$.clock", f"{prepared.clock} has no days to list: {hours}", "ask /v1/law/evaluate"
        ) from hours


def _explanation(prepared: Prepared, t: datetime, known: datetime) -> Explanation:
    """Raises KeyError for a clock that has not started, ValueError for one counted in hours."""
    calendar = prepared.book.as_known(known.astimezone(ZoneInfo(prepared.timeline.zone)).date())
    if isinstance(prepared.rule, GeneralChoice):
        explanation = explain_general(
            prepared.rule.terms(prepared.book, known), prepared.timeline, t, known, prepared.clock
        )
    else:
        explanation = explain(prepared.rule, prepared.timeline, prepared.book, t, known, prepared.clock)
    return documented(explanation, prepared.pack, prepared.mode, prepared.book, calendar)
