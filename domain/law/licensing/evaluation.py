"""The one evaluation of an item's clocks: pages, timers, exports and what-if all call this pure function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from domain.law.calendar.calendar import CalendarBook
from domain.law.licensing import countersign, renewal, tolerance, undertaking
from domain.law.licensing.case import Case
from domain.law.licensing.clock import BROKEN, Acceptance, Card, Clock, ClockRun
from domain.law.licensing.event import LawEvent
from domain.law.licensing.intake import Accepted, Received
from domain.law.licensing.renewal import Deemed
from domain.law.licensing.review import Decided, Delivered, WithdrawnEvent
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Act, Timeline


class ItemState(StrEnum):
    """The state of the item."""

    NONEXISTENT = "nonexistent"
    INTAKE = "intake"
    AWAITING_CORRECTION = "awaiting_correction"
    REFUSED = "refused"
    IN_REVIEW = "in_review"
    DECIDED = "decided"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"


class ClockEvaluation(Struct, frozen=True):
    """All that the law says of an item at one instant: state, acceptance, card, flags (sorted), clocks by name.

    *calendar* is the version of the calendar the dates were counted with.
    """

    item_state: ItemState
    acceptance: Acceptance | None
    deemed: Deemed | None
    card: Card
    flags: tuple[str, ...]
    clocks: dict[str, Clock]
    calendar: str


def evaluate(
    rule: Rule,
    events: Sequence[LawEvent] | Timeline,
    book: CalendarBook,
    t: datetime,
    known: datetime | None = None,
) -> ClockEvaluation:
    """The evaluation at *t* by what was known at *known* (default: *t*), both aware; never fails on any history.

    *events* are in recording order; a `Timeline` prepared once serves many instants. The calendar is the one
    known on the local date of *known*.
    """
    case = replay(rule, events, book, t, known)
    guard = renewal.guard(case)
    clocks: dict[str, Clock] = {}
    broken = []
    for run in runs(case):
        clock = clocks[run.name] = run.read(case)
        if clock.state in BROKEN:
            broken.append(run.kind.card)
    if guard is not None:
        clocks[renewal.RENEWAL_GUARD.name] = guard
        if guard.state in BROKEN:
            broken.append(renewal.RENEWAL_GUARD.card)
    accepted = case.intake.accepted
    return ClockEvaluation(
        item_state=item_state(case),
        acceptance=None if accepted is None else Acceptance(accepted.kind, date.fromordinal(accepted.date)),
        deemed=renewal.deemed(guard),
        card=worst(broken),
        flags=flags(case),
        clocks=clocks,
        calendar=case.calendar.version,
    )


def replay(
    rule: Rule,
    events: Sequence[LawEvent] | Timeline,
    book: CalendarBook,
    t: datetime,
    known: datetime | None = None,
) -> Case:
    """The case at *t*: before each act, and at *t* itself, silence has had its effect (B5.2)."""
    known = t if known is None else known
    timeline = prepared(rule, events)
    now = timeline.moment(t)
    knew = now if known is t else timeline.moment(known)
    case = Case(rule, book.as_known(knew.local.date()), now)
    intake, acts = case.intake, timeline.by(t, known)
    look_ahead(case, acts)
    exists = False
    for _, event, when in acts:
        if intake.current is not None:
            intake.presume(case, when.day)
        if not exists and not event.begins:
            event.apply_too_early(case, when)
        elif case.withdrawn is None or event.outlives_withdrawal:
            event.apply(case, when)
            exists = True
    intake.presume(case, now.day)
    return case


def look_ahead(case: Case, acts: Iterable[Act]) -> None:
    """Note the first receipt and the last acceptance or decision, up to a withdrawal: earlier acts depend on them.

    Once the decision was delivered there is nothing to withdraw.
    """
    decided = delivered = False
    for _, event, when in acts:
        kind = type(event)
        if kind is Accepted or kind is Decided:
            case.admission, decided = when, decided or kind is Decided
        elif kind is Delivered:
            delivered = decided
        elif kind is Received:
            case.receipt = case.receipt or when
        elif kind is WithdrawnEvent and not delivered and (case.receipt or case.admission):
            return


def flags(case: Case) -> tuple[str, ...]:
    """What was without effect or not as it should be, in the order of the alphabet: noted act by act, or seen now."""
    case.intake.flag_late_answer(case)
    case.intake.flag_premature(case)
    case.suspensions.flag_overruns(case)
    countersign.flag_silence(case)
    renewal.flag_late_filing(case)
    return tuple(sorted(case.flags))


def prepared(rule: Rule, events: Sequence[LawEvent] | Timeline) -> Timeline:
    """The history in the rule's zone."""
    if not isinstance(events, Timeline):
        return Timeline(rule.zone, events)
    return events if events.zone == rule.zone else Timeline(rule.zone, events.events)


def runs(case: Case) -> list[ClockRun]:
    """Every clock that has started and is counted in days, in the order of the procedure."""
    started = case.intake.runs(case) + case.review.runs(case)
    if case.consultations:
        started.extend(countersign.runs(case))
    if case.hearing.informed is not None or case.hearing.requested is not None:
        started.extend(case.hearing.runs(case))
    if case.tolerance is not None:
        started.extend(tolerance.runs(case))
    if case.undertaking is not None:
        started.extend(undertaking.runs(case))
    return started


def item_state(case: Case) -> ItemState:
    """The state of the item: the furthest that applies."""
    intake = case.intake
    if case.withdrawn is not None:
        return ItemState.WITHDRAWN
    if case.decided is not None:
        return ItemState.DECIDED if case.delivered is None else ItemState.DELIVERED
    if intake.accepted is not None:
        return ItemState.IN_REVIEW
    if intake.refused is not None:
        return ItemState.REFUSED
    if intake.awaiting is not None:
        return ItemState.AWAITING_CORRECTION
    return ItemState.INTAKE if intake.rounds else ItemState.NONEXISTENT


def worst(cards: list[Card]) -> Card:
    """Red if a statutory clock is broken, else yellow if the promise or a countersignature is (B10.4)."""
    if Card.RED in cards:
        return Card.RED
    return Card.YELLOW if Card.YELLOW in cards else Card.NONE
