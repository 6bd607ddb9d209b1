"""How an application's clocks stand at an instant, as was known at another: the law's own answer, with who has them.

A law that counts working days is read by the rule book's engine, any other by the general clock. The answers have one
shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from domain.core.types import Mode
from domain.law.authority import Lawsuit
from domain.law.calendar.calendar import CalendarBook
from domain.law.calendar.moment import local_day, midnight
from domain.law.generic.evaluate import GeneralReading, GeneralTerms, general_readings
from domain.law.generic.expand import closed_book
from domain.law.generic.rule import local_date
from domain.law.licensing.clock import BROKEN, SILENT, Acceptance, Card, Clock, Level, State
from domain.law.licensing.countersign import COUNTERSIGN
from domain.law.licensing.evaluation import ClockEvaluation, ItemState, evaluate, prepared, worst
from domain.law.licensing.renewal import RENEWAL_GUARD, yellow_from
from domain.law.licensing.review import COMMITMENT, DECISION
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Timeline
from domain.law.packs.pack import Pack
from domain.law.remedy import lawsuit_over
from projections.clocks.announcements import last_told
from projections.clocks.law_events import ItemHistory, pack_of, rule_of
from projections.clocks.nodes import NODES, Node, node_of
from projections.reader import Laws

WORKING_DAY = "working_day"
ASKED = f"{COUNTERSIGN.name}:"
OF_THE_DECIDING = ("decision", "delivery", "hearing_hold", "renewal_guard")
ENDED = (ItemState.REFUSED, ItemState.DECIDED, ItemState.DELIVERED, ItemState.WITHDRAWN)


class Reading(Struct, frozen=True, kw_only=True):
    """One clock at an instant, in the words of the law: days of *unit*, local dates.

    *department* has to act on it. *due_on* is None while an open suspension makes it unknowable, then
    *earliest_due_on* is what it would be if the clock resumed now. *yellow_at* and *over_at* are the instants at which
    a running clock turns yellow, or its last day is over; None where that can't come any more. A *closed* clock is
    history; *provisional* says that the due date lies beyond the published calendar. *announced_on* is the last day as
    the applicant was told it, and it *announced_differs* where another one is counted now. *lawsuit* says, of an
    overdue decision, when an action over the inaction may be brought.
    """

    item: str
    application: int
    clock: str
    department: str
    mode: str
    node: str
    live: bool
    state: State
    level: Level
    start_on: date
    length: int | None
    unit: str
    due_on: date | None
    earliest_due_on: date | None
    yellow_on: date | None
    used: float | None
    remaining: float
    overdue_days: int
    closed: bool
    yellow_at: datetime | None
    over_at: datetime | None
    provisional: bool
    article: str
    law: str
    announced_on: date | None = None
    announced_differs: bool = False
    lawsuit: Lawsuit | None = None

    def announced(self, on: date | None) -> Reading:
        """What is read with the last day that the applicant was told, and whether another one is counted now."""
        if on is None:
            return self
        return structs.replace(self, announced_on=on, announced_differs=on != (self.due_on or self.earliest_due_on))


class ItemReading(Struct, frozen=True):
    """All clocks of one application at an instant. *state* and *acceptance* are None where the law counts otherwise.

    *flags* name what had no effect, or was not as it should be (rule book B13); *calendar* is the version counted by.
    """

    item: str
    application: int
    state: ItemState | None
    acceptance: Acceptance | None
    card: Card
    flags: tuple[str, ...]
    calendar: str
    clocks: tuple[Reading, ...]


def read(
    history: ItemHistory, laws: Laws, t: datetime, known: datetime, nodes: Sequence[Node] = NODES
) -> ItemReading | None:
    """How the application stood at *t* by what was known at *known*; None where no law is recorded for it."""
    rule = rule_of(history, laws)
    if rule is not None:
        found = _by_rule(history, laws, rule, t, known, nodes)
    elif history.law:
        found = _by_general_clock(history, laws, t, known, nodes)
    else:
        return None
    found = structs.replace(found, clocks=tuple(suable(one, laws, known) for one in found.clocks))
    if not history.announced:
        return found
    told = last_told(history.announced, t)
    return structs.replace(found, clocks=tuple(one.announced(told.get(one.clock)) for one in found.clocks))


def suable(one: Reading, laws: Laws, known: datetime) -> Reading:
    """*one* with when an action over it may be brought, by the calendar known at *known*."""
    if one.state is not State.OVERDUE:
        return one
    pack = laws.pack(one.law)
    calendar = laws.calendar(pack, known.astimezone(ZoneInfo(pack.zone)).date())
    lawsuit = lawsuit_over(pack, calendar, one.clock, one.state, one.due_on)
    return one if lawsuit is None else structs.replace(one, lawsuit=lawsuit)


def book_of(pack: Pack, laws: Laws) -> CalendarBook:
    """The calendar *pack* counts on, closures included."""
    return closed_book(pack, laws.calendars()[pack.calendar])


def department_of(history: ItemHistory, clock: str, *, above: bool) -> str:
    """Who has to act on *clock*: the consulted department, or who handles the item then; *above*: the upper level."""
    if clock.startswith(ASKED):
        return clock.removeprefix(ASKED).partition("/")[0]
    if not history.upper:
        return history.department
    of_upper = clock in OF_THE_DECIDING or (clock == COMMITMENT.name and above)
    return history.upper if of_upper else history.department


def rules_of(history: ItemHistory, laws: Laws, rule: Rule) -> Iterator[tuple[Rule, frozenset[str]]]:
    """The rules by which countersignatures are read that were given other days than usual, with their clocks."""
    usual = rule.countersign.days if rule.countersign else None
    by_days: dict[int, list[str]] = {}
    for clock, days in history.asked_days.items():
        if days != usual:
            by_days.setdefault(days, []).append(clock)
    for clocks in by_days.values():
        other = rule_of(history, laws, clocks[0])
        if other is not None:
            yield other, frozenset(clocks)


def _by_rule(
    history: ItemHistory, laws: Laws, rule: Rule, t: datetime, known: datetime, nodes: Sequence[Node]
) -> ItemReading:
    book = book_of(laws.pack(history.law), laws)
    timeline = prepared(rule, history.events)
    found = evaluate(rule, timeline, book, t, known)
    for other, names in rules_of(history, laws, rule):
        found = with_consultations(found, evaluate(other, timeline, book, t, known), names)
    guard = _guard_yellow(rule, book, known)
    above = history.mode == Mode.LOWER_REVIEW and DECISION.name in found.clocks
    ended = found.item_state in ENDED
    usual = {"decision": rule.decision.days, "lower_review": rule.lower_review.days}
    readings = tuple(
        _of_clock(
            clock,
            history,
            rule,
            name=name,
            above=above,
            ended=ended,
            yellow=guard if name == RENEWAL_GUARD.name else clock.yellow_from,
            node=node_of(name, (clock.length or 0) > usual.get(name, clock.length or 0), nodes),
        )
        for name, clock in found.clocks.items()
    )
    return ItemReading(
        history.item,
        history.application,
        found.item_state,
        found.acceptance,
        found.card,
        found.flags,
        found.calendar,
        readings,
    )


def _guard_yellow(rule: Rule, book: CalendarBook, known: datetime) -> date | None:
    """The day from which the guard of a licence's last day is near it; None where none is renewed."""
    if rule.licence_expiry is None:
        return None
    calendar = book.as_known(local_day(known, rule.zone))
    return yellow_from(rule.licence_expiry, calendar, rule.renewal.yellow_days)


def with_consultations(usual: ClockEvaluation, other: ClockEvaluation, names: frozenset[str]) -> ClockEvaluation:
    """*usual* with the clocks called *names*, and what is said of them, as in *other*."""
    clocks = usual.clocks | {name: clock for name, clock in other.clocks.items() if name in names}
    about = {name.removeprefix(ASKED) for name in names}
    flags = {flag for flag in usual.flags if flag.partition(":")[2] not in about}
    flags |= {flag for flag in other.flags if flag.partition(":")[2] in about}
    missed = [
        Card.YELLOW
        for name, clock in clocks.items()
        if clock.state in BROKEN and (name.startswith(ASKED) or name == COMMITMENT.name)
    ]
    return ClockEvaluation(
        item_state=usual.item_state,
        acceptance=usual.acceptance,
        deemed=usual.deemed,
        card=Card.RED if usual.card is Card.RED else worst(missed),
        flags=tuple(sorted(flags)),
        clocks=clocks,
        calendar=usual.calendar,
    )


def _of_clock(
    clock: Clock,
    history: ItemHistory,
    rule: Rule,
    *,
    name: str,
    above: bool,
    ended: bool,
    node: str,
    yellow: date | None,
) -> Reading:
    closed = clock.state in (State.MET, State.LATE, State.VOID) or (ended and clock.state in SILENT)
    turns = yellow if clock.state is State.RUNNING and clock.level is not Level.NONE else None
    return Reading(
        item=history.item,
        application=history.application,
        clock=name,
        department=department_of(history, name, above=above),
        mode=history.mode,
        node=node,
        live=history.live,
        state=clock.state,
        level=clock.level,
        start_on=clock.start,
        length=clock.length,
        unit=WORKING_DAY,
        due_on=clock.due,
        earliest_due_on=clock.earliest_due,
        yellow_on=yellow,
        used=clock.used,
        remaining=clock.remaining,
        overdue_days=clock.overdue_days,
        closed=closed,
        yellow_at=None if closed or turns is None else midnight(turns, rule.zone),
        over_at=None if closed or clock.over_from is None else midnight(clock.over_from, rule.zone),
        provisional=clock.provisional,
        article=clock.article,
        law=history.law,
    )


def general_terms(history: ItemHistory, laws: Laws, known: date) -> GeneralTerms:
    """The law of an application whose law counts otherwise, by the calendar known on the date *known*."""
    pack = pack_of(history, laws)
    lengths = {DECISION.name: history.decision_length, COMMITMENT.name: history.promise_days}
    return GeneralTerms(
        pack=pack,
        calendar=laws.calendar(pack, known),
        mode=history.mode,
        lengths={clock: length for clock, length in lengths.items() if length is not None},
        asked_days=history.asked_days,
        live=history.live,
    )


def _by_general_clock(
    history: ItemHistory, laws: Laws, t: datetime, known: datetime, nodes: Sequence[Node]
) -> ItemReading:
    zone = laws.pack(history.law).zone
    terms = general_terms(history, laws, known.astimezone(ZoneInfo(zone)).date())
    found = general_readings(terms, Timeline(zone, history.events), t, known)
    above = history.mode == Mode.LOWER_REVIEW and bool(history.upper)
    readings = tuple(of_general(one, history, above, nodes) for one in found)
    broken = [Card(terms.pack.clocks[one.clock].card) for one in found if one.state in BROKEN]
    flags = {flag for one in found for flag in one.standing.flags}
    return ItemReading(
        history.item,
        history.application,
        None,
        None,
        worst(broken),
        tuple(sorted(flags)),
        terms.calendar.version,
        readings,
    )


def of_general(one: GeneralReading, history: ItemHistory, above: bool, nodes: Sequence[Node]) -> Reading:
    """A general clock in the common shape."""
    stood = one.standing
    return Reading(
        item=history.item,
        application=history.application,
        clock=one.name,
        department=department_of(history, one.name, above=above),
        mode=history.mode,
        node=node_of(one.name, one.extended, nodes),
        live=history.live,
        state=one.state,
        level=one.level,
        start_on=stood.start,
        length=stood.length,
        unit=one.unit,
        due_on=local_date(stood.due),
        earliest_due_on=local_date(stood.earliest_due),
        yellow_on=local_date(stood.yellow_from),
        used=stood.used,
        remaining=stood.remaining,
        overdue_days=stood.overdue_days,
        closed=one.closed,
        yellow_at=one.yellow_at,
        over_at=one.over_at,
        provisional=stood.provisional,
        article=one.article,
        law=history.law,
    )
