"""Benchmark of the evaluation of one item's clocks, in microseconds, compared with its upper bound."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import perf_counter_ns

import msgspec
from msgspec import Struct

from domain.law.calendar.calendar import CalendarBook
from domain.law.licensing.escalation import course
from domain.law.licensing.evaluation import evaluate
from domain.law.licensing.event import LawEvent
from domain.law.licensing.explain import explain
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Timeline
from domain.law.packs.expand import expand
from infrastructure.law.lawbook import law_book

BOUND_MICROSECONDS = 100.0  # of one evaluation of a prepared history, as a page shows hundreds
ROUNDS, WARM_UP = 5000, 500
HOURS_PER_DAY = 24
NANOSECONDS = 1000.0  # in a microsecond
LAW = "cn-licensing@2019-04-23"
BEGUN = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
# Day, event type and fields: a long history with every type of event.
LIFE: tuple[tuple[int, str, dict[str, object]], ...] = (
    (0, "received", {}),
    (1, "correction_notice", {"respond_by": "2026-03-20"}),
    (3, "corrected", {}),
    (7, "accepted", {}),
    (7, "countersign_request", {"dept": "fire"}),
    (7, "countersign_request", {"dept": "water"}),
    (8, "countersign_request", {"dept": "traffic"}),
    (9, "suspend", {"sid": "s1", "reason": "testing", "planned_until": "2026-03-20"}),
    (10, "countersign_reply", {"dept": "fire"}),
    (11, "countersign_reply", {"dept": "water"}),
    (14, "resume", {"sid": "s1"}),
    (15, "hearing_told", {}),
    (16, "hearing_requested", {}),
    (16, "suspend", {"sid": "s2", "reason": "hearing"}),
    (17, "hearing_notice", {"hearing_date": "2026-04-01"}),
    (18, "suspend", {"sid": "s3", "reason": "expert_review"}),
    (21, "countersign_reply", {"dept": "traffic"}),
    (24, "resume", {"sid": "s3"}),
    (30, "hearing_held", {}),
    (30, "resume", {"sid": "s2"}),
    (31, "countersign_request", {"dept": "fire", "step": "2"}),
    (32, "suspend", {"sid": "s4", "reason": "appraisal"}),
    (35, "countersign_reply", {"dept": "fire", "step": "2"}),
    (36, "resume", {"sid": "s4"}),
    (38, "extension", {"days": 10}),
    (39, "suspend", {"sid": "s5", "reason": "inspection"}),
    (43, "resume", {"sid": "s5"}),
    (44, "amend", {"target": "e25", "new_at": "2026-04-09T17:00:00+08:00"}),
    (50, "decided", {"outcome": "granted"}),
    (52, "attest", {}),
    (53, "delivered", {}),
)


class Timed(Struct, frozen=True):
    """Duration of one call in microseconds; *events* is the length of the history."""

    subject: str
    events: int
    p50_us: float
    p99_us: float


class EvaluationBench(Struct, frozen=True):
    """All timings. The bound applies to `evaluation`, of a prepared history."""

    bound_us: float
    rounds: int
    timed: list[Timed]

    @property
    def evaluation(self) -> Timed:
        """The timing that the bound applies to."""
        return self.timed[0]


def life() -> list[LawEvent]:
    """The events of the measured history."""
    return [
        msgspec.convert(
            {
                "id": f"e{number}",
                "type": kind,
                "at": (BEGUN + timedelta(hours=HOURS_PER_DAY * day, minutes=number)).isoformat(),
                **fields,
            },
            LawEvent,
        )
        for number, (day, kind, fields) in enumerate(LIFE, start=1)
    ]


def measured(rounds: int = ROUNDS) -> EvaluationBench:
    """Time every call *rounds* times, without garbage collection, at instants after the last event."""
    pack = law_book().pack(LAW)
    rule, book, events = expand(pack, commitment_days=15), law_book().calendars()[pack.calendar], life()
    plain = [event for event in events if not event.corrects]
    prepared, uncorrected = Timeline(rule.zone, events), Timeline(rule.zone, plain)
    return EvaluationBench(
        BOUND_MICROSECONDS,
        rounds,
        [
            timed("evaluate", plain, lambda t: evaluate(rule, uncorrected, book, t), rounds),
            timed("evaluate, with a correction", events, lambda t: evaluate(rule, prepared, book, t), rounds),
            timed("evaluate, history not prepared", plain, lambda t: evaluate(rule, plain, book, t), rounds),
            timed("course: all rungs so far", plain, lambda t: course(rule, uncorrected, book, t), rounds // 10),
            timed("explain: the decision", plain, lambda t: explained(rule, uncorrected, book, t), rounds // 10),
        ],
    )


def explained(rule: Rule, events: Timeline, book: CalendarBook, t: datetime) -> object:
    """Explain the decision clock, which exists at every measured instant."""
    return explain(rule, events, book, t, None, "decision")


def timed(subject: str, events: Sequence[LawEvent], ask: Callable[[datetime], object], rounds: int) -> Timed:
    """Time *ask* at *rounds* instants in the sixty days after the last event."""
    instants = [
        BEGUN + timedelta(hours=HOURS_PER_DAY * (LIFE[-1][0] + 1 + number % 60) + number % 9)
        for number in range(rounds)
    ]
    for t in instants[:WARM_UP]:
        ask(t)
    took = []
    gc.disable()
    try:
        for t in instants:
            begun = perf_counter_ns()
            ask(t)
            took.append(perf_counter_ns() - begun)
    finally:
        gc.enable()
    took.sort()
    p50, p99 = (took[(len(took) - 1) * part // 100] / NANOSECONDS for part in (50, 99))
    return Timed(subject, len(events), p50, p99)
