"""One evaluation of an item's clocks: how many microseconds it takes, beside the most it may take."""

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

BOUND_MICROSECONDS = 100.0  # of one evaluation of a prepared history: a page shows hundreds
ROUNDS, WARM_UP = 5000, 500
HOURS_PER_DAY = 24
NANOSECONDS = 1000.0  # in a microsecond
LAW = "cn-licensing@2019-04-23"
BEGUN = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
# Days after the beginning, what happened, and what is said of it: a long life with everything that may come in between.
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
    """How long one call took, in microseconds; *events* is the length of the history it read."""

    subject: str
    events: int
    p50_us: float
    p99_us: float


class EvaluationBench(Struct, frozen=True):
    """All that was timed. The bound is that of *evaluations*, of a history prepared once."""

    bound_us: float
    rounds: int
    timed: list[Timed]

    @property
    def evaluation(self) -> Timed:
        """What the bound is of."""
        return self.timed[0]


def life() -> list[LawEvent]:
    """The history that is read."""
    return [
        msgspec.convert(
            {
                "id": f"e{number}",
                "type": kind,
                "at": (BEGUN + timedelta(hours=HOURS_PER_DAY * day, minutes=number)).isoformat(),
                **said,
            },
            LawEvent,
        )
        for number, (day, kind, said) in enumerate(LIFE, start=1)
    ]


def measured(rounds: int = ROUNDS) -> EvaluationBench:
    """Time every question *rounds* times, the garbage collector off, at instants after all of it."""
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
    """The decision clock day by day, which every instant asked about has."""
    return explain(rule, events, book, t, None, "decision")


def timed(subject: str, events: Sequence[LawEvent], ask: Callable[[datetime], object], rounds: int) -> Timed:
    """Ask *rounds* times, of an hour in one of sixty days after the last event."""
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
