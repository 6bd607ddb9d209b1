"""A clock as it is kept: instants and plain counts from which its reading at any later instant follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.core.types import Mode
from domain.law.calendar.moment import midnight, next_day
from domain.law.generic.evaluate import GeneralReading, general_readings
from domain.law.generic.rule import local_date
from domain.law.licensing.clock import Level, State, level
from domain.law.licensing.forecast import DISTANT, Outlook, Outlooks, outlooks
from domain.law.licensing.intake import INTAKE
from domain.law.licensing.licence_guard import GuardOutlook
from domain.law.licensing.renewal import RENEWAL_GUARD
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Timeline
from projections.clocks.announcements import last_told
from projections.clocks.law_events import ItemHistory, rule_of
from projections.clocks.nodes import node_of
from projections.clocks.reading import book_of, department_of, general_terms, rules_of
from projections.reader import Laws
from projections.view import Row

MIDNIGHTS_KEPT_MAX = 4096  # of the days on which clocks end: a few hundred at any time
UNCOLOURED = Level.NONE.value
NEVER = (None, None, None)
NodeFor: TypeAlias = Callable[[str, bool], str]  # the key of the node of a clock, which is extended or not
Instants: TypeAlias = tuple[datetime | None, datetime | None, datetime | None]


class ClockRow(Struct, frozen=True, gc=False):
    """One clock of one application; right from the project's last event on, once all that was recorded is known.

    The clock exists from *exists_at* (None: it does). *state* and *level* hold before *over_at*, *over_state* and
    *over_level* after, and for good where it is *closed*; a running clock is yellow from *yellow_at*. *due_on* is None
    while an open suspension makes it unknowable. *used* to *stopped_on* are those of
    `domain.law.licensing.forecast`; where a general clock counts, what is used up and left is read from the events
    instead. *announced_on* is what the applicant
    was told. The guard of a licence's last day has no *length*. Where a term was set for the answer, a paused clock
    runs again at *paused_until*: the row holds how it stands from then on.
    """

    project: UUID
    item: str
    application: int
    clock: str
    department: str
    mode: str
    node: str
    live: bool
    law: str
    start_on: date
    length: int | None
    due_on: date | None
    yellow_on: date | None
    state: str
    over_state: str | None
    level: str
    over_level: str
    exists_at: datetime | None
    yellow_at: datetime | None
    over_at: datetime | None
    closed: bool
    used: int
    counted_through: date | None
    paused_from: date | None
    stopped_on: date | None
    announced_on: date | None = None
    paused_until: datetime | None = None


# Where a row tells which clock it is, and how it ended.
CLOCK_NAME, STATE, USED, STOPPED_ON = map(ClockRow.__struct_fields__.index, ("clock", "state", "used", "stopped_on"))


def rows_of(project: UUID, history: ItemHistory, laws: Laws, node_for: NodeFor = node_of) -> list[Row]:
    """All clocks of one application, as fields of `ClockRow`; its events are settled: corrected, none retracted."""
    told = last_told(history.announced) if history.announced else {}
    rule = rule_of(history, laws)
    if rule is not None:
        return _by_rule(project, history, laws, rule, node_for, told)
    if not history.law:
        return []
    return list(_by_general_clock(project, history, laws, node_for))


def _by_rule(
    project: UUID, history: ItemHistory, laws: Laws, rule: Rule, node_for: NodeFor, told: Mapping[str, date]
) -> list[Row]:
    found, mode = _outlooks(history, laws, rule), history.mode
    rows: list[Row] = []
    for one in found.clocks:
        name = one.name
        department, node = department_of(history, name, above=found.above), node_for(name, one.extended > 0)
        instants = NEVER if one.closed else _instants(one, history, rule.zone)
        rows.append((*_row(project, history, one, department, mode, node, instants), told.get(name), None))
    if found.guard is not None:
        guard = _of_guard(project, history, found.guard, rule.zone, node_for)
        rows.append((*guard, told.get(RENEWAL_GUARD.name), None))
    return rows


def _of_guard(project: UUID, history: ItemHistory, guard: GuardOutlook, zone: str, node_for: NodeFor) -> Row:
    """The guard of a licence's last day: it has no length and uses no days."""
    name, running = RENEWAL_GUARD.name, not guard.closed
    state, over_state, first, then = _words(guard.state, guard.over, coloured=True)
    return (
        project,
        history.item,
        history.application,
        name,
        department_of(history, name, above=False),
        history.mode,
        node_for(name, False),
        history.live,
        history.law,
        guard.start,
        None,
        guard.due,
        guard.yellow_from,
        state,
        over_state,
        first,
        then,
        begin_of(guard.exists_from, zone) if guard.exists_from and running else None,
        begin_of(guard.yellow_from, zone) if running else None,
        begin_of(next_day(guard.due), zone) if running else None,
        guard.closed,
        0,
        None,
        None,
        guard.stopped_on,
    )


def _row(
    project: UUID,
    history: ItemHistory,
    one: Outlook,
    department: str,
    mode: str,
    node: str,
    instants: Instants,
) -> Row:
    state, over_state, level, over_level = _words(one.state, one.over, one.coloured)
    exists_at, yellow_at, over_at = instants
    return (
        project,
        history.item,
        history.application,
        one.name,
        department,
        mode,
        node,
        history.live,
        history.law,
        one.start,
        one.length,
        one.due,
        one.yellow_from,
        state,
        over_state,
        level,
        over_level,
        exists_at,
        yellow_at,
        over_at,
        one.closed,
        one.used,
        one.counted_through,
        one.paused_from,
        one.stopped_on,
    )


def _outlooks(history: ItemHistory, laws: Laws, rule: Rule) -> Outlooks:
    """By *rule*, but for countersignatures that were given other days than usual."""
    book, timeline = book_of(laws.pack(history.law), laws), Timeline(rule.zone, history.events)
    usual = outlooks(rule, timeline, book)
    if not history.asked_days:
        return usual
    clocks = usual.clocks
    for other, names in rules_of(history, laws, rule):
        clocks = (*(one for one in clocks if one.name not in names), *outlooks(other, timeline, book, names).clocks)
    return Outlooks(clocks, usual.above, usual.calendar, usual.guard)


@cache
def _words(state: State, over: State | None, coloured: bool) -> tuple[str, str | None, str, str]:
    """What a row says of a clock in *state*, and *over* once that comes: both states, and both colours."""
    first, then = (level(one, near=False).value if coloured else UNCOLOURED for one in (state, over or state))
    return state.value, over.value if over else None, first, then


def _instants(one: Outlook, history: ItemHistory, zone: str) -> Instants:
    """When an open clock begins to exist, turns yellow and is over, after the last event."""
    exists_at = begin_of(one.exists_from, zone) if one.exists_from else None
    over_at = begin_of(one.over_from, zone) if one.over_from else None
    if one.state is not State.RUNNING or not one.coloured or one.yellow_from is None:
        return exists_at, None, over_at
    yellow_at = begin_of(one.yellow_from, zone)
    if not one.always_near:
        return exists_at, yellow_at, over_at
    last = max((event.at for event in history.events), default=DISTANT)
    return exists_at, exists_at or min(yellow_at, last), over_at


@lru_cache(maxsize=MIDNIGHTS_KEPT_MAX)
def begin_of(day: date, zone: str) -> datetime:
    """As `midnight`, kept: many clocks end on one day."""
    return midnight(day, zone)


def _by_general_clock(project: UUID, history: ItemHistory, laws: Laws, node_for: NodeFor) -> Iterator[Row]:
    terms = general_terms(history, laws, DISTANT.date())
    last = max((event.at for event in history.events), default=DISTANT)
    above = history.mode == Mode.LOWER_REVIEW and bool(history.upper)
    timeline = Timeline(terms.pack.zone, history.events)
    told = last_told(history.announced) if history.announced else {}
    found = general_readings(terms, timeline, last, DISTANT)
    for one in found:
        node = node_for(one.name, one.extended)
        yield _of_general(project, history, one, department_of(history, one.name, above=above), node, told)
    silence_at = next((one.over_at for one in found if one.clock == INTAKE.name and one.over is State.DEEMED), None)
    if silence_at is None:
        return
    known = {one.name for one in found}
    for one in general_readings(terms, timeline, silence_at, DISTANT):
        if one.name not in known:  # silence will have accepted the application, which starts further clocks
            node, department = node_for(one.name, one.extended), department_of(history, one.name, above=above)
            yield _of_general(project, history, one, department, node, told, silence_at)


def _of_general(
    project: UUID,
    history: ItemHistory,
    one: GeneralReading,
    department: str,
    node: str,
    told: Mapping[str, date],
    exists_at: datetime | None = None,
) -> Row:
    stood = one.ahead
    return (
        project,
        history.item,
        history.application,
        one.name,
        department,
        history.mode,
        node,
        history.live,
        history.law,
        stood.start,
        stood.length,
        local_date(stood.due),
        local_date(stood.yellow_from),
        one.until_over.value,
        one.over.value if one.over else None,
        one.level_in(one.until_over).value,
        one.level_in(one.over or one.until_over).value,
        exists_at,
        one.yellow_at,
        one.over_at,
        one.closed,
        0,
        None,
        None,
        None,
        told.get(one.name),
        one.resumes_at,
    )
