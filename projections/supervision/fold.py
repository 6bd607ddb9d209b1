"""监察台账 supervision records: warnings, cards and effects of silence with their later states, orders, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import TypeAlias, get_args
from uuid import UUID

from msgspec import Struct, field, structs

from domain.law.calendar.period import Span
from domain.law.proof import Rung
from domain.messages import Entry
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.state.project import Project
from domain.project.supervision.appeals import (
    AppealDecided,
    CardAppealed,
    SupervisionAnswered,
    SupervisionOrdered,
    Verdict,
)
from domain.project.supervision.rescission import CardRescinded
from domain.project.supervision.signals import (
    AcceptanceDeemed,
    CardIssued,
    ConsentDeemed,
    DeadlineWarned,
    RenewalDeemed,
)
from projections import sums
from projections.clocks.decisions import BY_DECISION, DECIDING, DECISION_COLUMNS, Decisions
from projections.view import CORRECTIONS, Facts, Row, Rows, Table, facts_of

WARNING, DEEMED = "warning", "deemed"  # levels in addition to the colours of cards
STANDING, RESCINDED, APPEALED, REVOKED = "standing", "rescinded", "appealed", "revoked"
ENDED = "ended"  # of a warning in force whose clock has ended: computed, as no entry records it
STATES = (STANDING, RESCINDED, APPEALED, "returned", "upheld", REVOKED)
VOID = (RESCINDED, REVOKED)
SHOWN_STATES = frozenset({RESCINDED, REVOKED, APPEALED})  # states that are figures of their own
SUMS = "signal_sum"
SUPERVISION = "read:supervision"  # what a reader of these records needs
SignalFact: TypeAlias = DeadlineWarned | AcceptanceDeemed | ConsentDeemed | RenewalDeemed | CardIssued
Ordered: TypeAlias = SupervisionOrdered | SupervisionAnswered
AFTERWARDS = (CardRescinded, CardAppealed, AppealDecided)  # facts that change the state of a signal
SUPERVISING = facts_of(get_args(SignalFact), AFTERWARDS, get_args(Ordered), CORRECTIONS)  # more than decisions
VERDICTS = {Verdict.UPHOLD: "upheld", Verdict.REVOKE: REVOKED, Verdict.RETURN: "returned"}

SIGNALS = Table(
    "signal",
    (
        ("project", "uuid"),
        ("card", "text"),
        ("version", "integer NOT NULL"),  # of the entry that issued it
        ("position", "bigint NOT NULL"),  # of that entry in the whole ledger: the card's number, with its year
        ("item", "text NOT NULL"),
        ("application", "integer NOT NULL"),
        ("department", "text NOT NULL"),
        ("clock", "text NOT NULL"),  # empty for a card issued by hand
        ("rung", "text NOT NULL"),
        ("level", "text NOT NULL"),  # warning, yellow, red, deemed
        ("article", "text NOT NULL"),
        ("due_on", "date"),
        ("happened_at", "timestamptz NOT NULL"),  # when it took effect
        ("told_at", "timestamptz NOT NULL"),
        ("state", "text NOT NULL"),  # the last one
        ("since", "timestamptz NOT NULL"),  # that was recorded then
    ),
    key=2,
    # All but one in the order of the lists: hundreds happen at the same midnight.
    indexes=(
        "(happened_at, project, version)",
        "(department, happened_at, project, version)",
        "(level, happened_at, project, version) WHERE level <> 'warning'",
        "(state, happened_at, project, version) WHERE state <> 'standing'",
        "(since)",
    ),
)
AT_STATE = [name for name, _ in SIGNALS.columns].index("state")
FATES = Table(
    "signal_state",
    (
        ("project", "uuid"),
        ("card", "text"),
        ("version", "integer"),  # of the entry that caused it
        ("state", "text NOT NULL"),
        ("since", "timestamptz NOT NULL"),  # recorded then
    ),
    key=3,
    indexes=("(since)",),
)
ORDERS = Table(
    "supervision_order",
    (
        ("project", "uuid"),
        ("order", "text"),
        ("position", "bigint NOT NULL"),  # of the entry in the whole ledger: the order's number, with its year
        ("item", "text NOT NULL"),
        ("department", "text NOT NULL"),
        ("about", "text NOT NULL"),
        ("feedback_by", "date NOT NULL"),
        ("card", "text NOT NULL"),
        ("ordered_by", "text NOT NULL"),
        ("ordered_at", "timestamptz NOT NULL"),
        ("answer", "text NOT NULL"),
        ("answered_by", "text NOT NULL"),
        ("answered_at", "timestamptz"),
    ),
    key=2,
    indexes=(
        '(ordered_at, project, "order" COLLATE "C")',
        '(department, ordered_at, project, "order" COLLATE "C")',
        '(feedback_by, project, "order" COLLATE "C")',
        '(department, feedback_by, project, "order" COLLATE "C")',
        # What waits for an answer, of a department or of all; few orders do.
        '(feedback_by, project, "order" COLLATE "C") WHERE answered_at IS NULL',
        '(department, feedback_by, project, "order" COLLATE "C") WHERE answered_at IS NULL',
        "(answered_at) WHERE answered_at IS NOT NULL",
    ),
)
DECISIONS = Table("decision", DECISION_COLUMNS, key=3, indexes=(*BY_DECISION, "(recorded_at)"))
CORRECTED = Table(
    "corrected",
    (("project", "uuid"), ("at", "timestamptz NOT NULL")),  # when an entry was last amended or retracted
    key=1,
    indexes=("(at)",),
)


SUMMED = tuple(Table(sums.table_of(SUMS, span), sums.COLUMNS, sums.KEY, sums.INDEXES, summed=True) for span in Span)


class SignalRow(Struct, frozen=True, gc=False):
    """One warning, card or effect of silence, in the columns of the view; *state* as of the given instant.

    A warning whose clock has ended or run out is `ended`: it needs no more action.
    """

    project: UUID
    card: str
    version: int
    position: int
    item: str
    application: int
    department: str
    clock: str
    rung: str
    level: str
    article: str
    due_on: date | None
    happened_at: datetime
    told_at: datetime
    state: str = STANDING
    since: datetime | None = None


class OrderRow(Struct, frozen=True, gc=False):
    """One order of the bureau, in the columns of the view; *answer* is empty until the department has reported."""

    project: UUID
    order: str
    position: int
    item: str
    department: str
    about: str
    feedback_by: date
    card: str
    ordered_by: str
    ordered_at: datetime
    answer: str
    answered_by: str
    answered_at: datetime | None


class SupervisionState(Struct):
    """One project's rows, by key. Those of fates never change, those of signals with their state alone."""

    signals: dict[str, Row] = field(default_factory=dict)
    fates: list[Row] = field(default_factory=list)
    orders: dict[str, OrderRow] = field(default_factory=dict)
    decisions: Decisions = field(default_factory=Decisions)
    corrected_at: datetime | None = None
    sums: Rows | None = None  # cached sums of the signals, until one is issued or changes its state


class Supervision:
    """The fold. A card rescinded by a correction keeps its row; one retracted by hand loses it."""

    name: str = "supervision"
    version: int = 6
    tables: tuple[Table, ...] = (SIGNALS, FATES, ORDERS, DECISIONS, CORRECTED, *SUMMED)
    follows: Facts = DECIDING | SUPERVISING

    def start(self) -> SupervisionState:
        return SupervisionState()

    def fold(self, state: SupervisionState, entry: Entry, project: Project) -> None:
        fact = entry.fact
        if type(fact) in DECIDING:
            state.decisions.take(entry, project)
        if type(fact) not in SUPERVISING:
            return
        match fact:
            case DeadlineWarned() | AcceptanceDeemed() | ConsentDeemed() | RenewalDeemed() | CardIssued():
                self._fold_signal(state, fact, entry, project)
            case CardRescinded(card=card):
                self._became(state, card, RESCINDED, entry, project)
            case CardAppealed(card=card):
                self._became(state, card, APPEALED, entry, project)
            case AppealDecided(card=card, verdict=verdict):
                self._became(state, card, VERDICTS[verdict], entry, project)
            case SupervisionOrdered() | SupervisionAnswered():
                _order(state, fact, entry, project)
            case EntryAmended() | EntryRetracted():
                state.corrected_at = max(state.corrected_at or entry.recorded_at, entry.recorded_at)

    def _fold_signal(self, state: SupervisionState, fact: SignalFact, entry: Entry, project: Project) -> None:
        proof, rung = fact.proof, fact.proof.rung if fact.proof else Rung.CARD
        level = WARNING if rung is Rung.WARNING else DEEMED
        if isinstance(fact, CardIssued):
            level = fact.colour.value
        application = proof.application if proof else project.recorded(fact.item).application
        state.signals[fact.card] = (
            *(project.id, fact.card, entry.version, entry.position, fact.item, application, fact.department),
            *(proof.clock if proof else "", rung.value, level),
            *(proof.article if proof else "", proof.due_on if proof else None),
            *(entry.occurred_at, entry.recorded_at),
            *(STANDING, entry.recorded_at),
        )
        self._became(state, fact.card, STANDING, entry, project)

    def _became(self, state: SupervisionState, card: str, fate: str, entry: Entry, project: Project) -> None:
        row = state.signals.get(card)
        if row is not None:  # its issue was not retracted
            state.signals[card] = (*row[:AT_STATE], fate, entry.recorded_at)
            state.fates.append((project.id, card, entry.version, fate, entry.recorded_at))
            state.sums = None

    def rows(self, state: SupervisionState, project: Project) -> Rows:
        state.sums = signal_sums(state, project.register) if state.sums is None else state.sums
        return {
            **state.sums,
            "signal": [*state.signals.values()],
            "signal_state": state.fates,
            "supervision_order": [structs.astuple(order) for order in state.orders.values()],
            "decision": [*state.decisions.rows.values()],
            "corrected": [(project.id, state.corrected_at)] if state.corrected_at else [],
        }


@cache
def figures_of(level: str, state: str) -> frozenset[str]:
    """The figures in which a signal counts; not in its level once it was rescinded or revoked."""
    return frozenset({*(() if state in VOID else (level,)), *({state} & SHOWN_STATES)})


def signal_sums(state: SupervisionState, register: str = "") -> Rows:
    """The contributions of each signal to the figures, at its issue and at each change of its state."""
    totals, fates = sums.Sums(register), dict[str, list[tuple[datetime, str]]]()
    for _, card, _, fate, since in state.fates:
        fates.setdefault(card, []).append((since, fate))
    for card, row in state.signals.items():
        signal, was = SignalRow(*row), frozenset[str]()
        for since, fate in fate_periods(fates[card], signal.told_at):
            now = figures_of(signal.level, fate)
            for figure in now ^ was:
                totals.add(signal.department, signal.happened_at, since, figure, times=1 if figure in now else -1)
            was = now
    return totals.rows(SUMS)


def fate_periods(fates: Sequence[tuple[datetime, str]], told_at: datetime) -> list[tuple[datetime, str]]:
    """The known states of a signal, each with the instant from which it was known; *fates* are in order of version.

    A later entry replaces earlier ones as soon as it is recorded; recording times may be slightly out of order.
    """
    states: list[tuple[datetime, str]] = []
    for recorded_at, fate in reversed(fates):
        since = max(recorded_at, told_at)
        if not states or since < states[-1][0]:
            states.append((since, fate))
    return states[::-1]


def _order(state: SupervisionState, fact: Ordered, entry: Entry, project: Project) -> None:
    """Create an order's row, or add the report to it."""
    if isinstance(fact, SupervisionOrdered):
        state.orders[fact.order] = OrderRow(
            project=project.id,
            order=fact.order,
            position=entry.position,
            item=fact.item,
            department=fact.department,
            about=fact.about,
            feedback_by=fact.feedback_by,
            card=fact.card,
            ordered_by=entry.recorded.actor.id,
            ordered_at=entry.recorded_at,
            answer="",
            answered_by="",
            answered_at=None,
        )
    elif fact.order in state.orders:
        state.orders[fact.order] = structs.replace(
            state.orders[fact.order],
            answer=fact.answer,
            answered_by=entry.recorded.actor.id,
            answered_at=entry.recorded_at,
        )
