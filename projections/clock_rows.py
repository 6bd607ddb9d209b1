"""A clock as it is kept: instants and plain counts from which its reading at any later instant follows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.law.clock import Clock, State
from domain.law.countersign import COUNTERSIGN
from domain.law.general_outlook import GeneralReading, general_readings
from domain.law.general_rule import local_date
from domain.law.hearing import HEARING_HOLD, HEARING_REQUEST
from domain.law.intake import INTAKE
from domain.law.moment import midnight
from domain.law.outlook import DISTANT, Outlook, outlooks
from domain.law.review import COMMITMENT, DECISION, DELIVERY, LOWER_REVIEW
from domain.law.rule import Rule
from domain.law.timeline import Timeline
from domain.law.tolerance import TOLERANCE_CURE
from domain.law.undertaking import POST_CHECK
from domain.project.state import Mode
from projections.announcements import last_told, with_announced
from projections.law_events import ItemHistory, Laws, rule_of, usual_rule
from projections.nodes import NODES, Node, node_of
from projections.readings import (
    WORKING_DAY,
    Reading,
    book_of,
    department_of,
    general_terms,
    rules_of,
)
from projections.view import Row

MIDNIGHTS_KEPT_MAX = 4096  # of the days on which clocks end: a few hundred at any time
UNCOLOURED = "none"
CLOCK_NAME = 3  # where a row tells which clock it is
NAME_ENDS = re.compile("[#:]")  # what follows in a clock's name tells it from others of its kind
ARTICLES = {
    kind.name: kind.article
    for kind in (
        *(INTAKE, DECISION, LOWER_REVIEW, COMMITMENT, DELIVERY, COUNTERSIGN, HEARING_REQUEST, HEARING_HOLD),
        *(TOLERANCE_CURE, POST_CHECK),
    )
}


class ClockRow(Struct, frozen=True, gc=False):
    """One clock of one application; right from the project's last event on, once all that was recorded is known.

    The clock exists from *exists_at* (None: it does). *state* and *level* hold before *over_at*, *over_state* and
    *over_level* after, and for good where it is *closed*; a running clock is yellow from *yellow_at*. *due_on* is None
    while an open suspension makes it unknowable. *used* to *stopped_on* are those of `domain.law.outlook`; where a
    general clock counts, what is used up and left is read from the events instead. *announced_on* is what the applicant
    was told.
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
    length: int
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


def rows_of(project: UUID, history: ItemHistory, laws: Laws, nodes: Sequence[Node] = NODES) -> list[Row]:
    """All clocks of one application, as fields of `ClockRow`; its events are settled: corrected, none retracted."""
    rule = rule_of(history, laws)
    if rule is not None:
        rows = _by_rule(project, history, laws, rule, nodes)
    elif history.law:
        rows = _by_general_clock(project, history, laws, nodes)
    else:
        return []
    told = last_told(history.announced) if history.announced else {}
    return [(*row, told.get(row[CLOCK_NAME])) for row in rows]


def _by_rule(project: UUID, history: ItemHistory, laws: Laws, rule: Rule, nodes: Sequence[Node]) -> Iterator[Row]:
    book = book_of(laws.pack(history.law), laws)
    timeline = Timeline(rule.zone, history.events)
    usual = outlooks(rule, timeline, book)
    clocks: Sequence[Outlook] = usual.clocks
    for other, names in rules_of(history, laws, rule):
        asked = (one for one in outlooks(other, timeline, book).clocks if one.name in names)
        clocks = [*(one for one in clocks if one.name not in names), *asked]
    last = max((event.at for event in history.events), default=DISTANT)
    for one in clocks:
        exists_at, yellow_at, over_at = _instants(one, last, rule.zone)
        yield (
            project,
            history.item,
            history.application,
            one.name,
            department_of(history, one.name, above=usual.above),
            history.mode.value,
            node_of(one.name, one.extended > 0, nodes),
            history.live,
            history.law,
            one.start,
            one.length,
            one.due,
            one.yellow_from,
            one.state.value,
            one.over.value if one.over else None,
            one.level_in(one.state).value,
            one.level_in(one.over or one.state).value,
            exists_at,
            yellow_at,
            over_at,
            one.closed,
            one.used,
            one.counted_through,
            one.paused_from,
            one.stopped_on,
        )


def _instants(one: Outlook, last: datetime, zone: str) -> tuple[datetime | None, datetime | None, datetime | None]:
    """When it begins to exist, turns yellow and is over, after the *last* event."""
    if one.closed:
        return None, None, None
    exists_at = begin_of(one.exists_from, zone) if one.exists_from else None
    over_at = begin_of(one.over_from, zone) if one.over_from else None
    if one.state is not State.RUNNING or not one.coloured or one.yellow_from is None:
        return exists_at, None, over_at
    yellow_at = begin_of(one.yellow_from, zone)
    return exists_at, exists_at or min(yellow_at, last) if one.always_near else yellow_at, over_at


@lru_cache(maxsize=MIDNIGHTS_KEPT_MAX)
def begin_of(day: date, zone: str) -> datetime:
    """As `midnight`, kept: many clocks end on one day."""
    return midnight(day, zone)


def _by_general_clock(project: UUID, history: ItemHistory, laws: Laws, nodes: Sequence[Node]) -> Iterator[Row]:
    terms = general_terms(history, laws, DISTANT.date())
    last = max((event.at for event in history.events), default=DISTANT)
    above = history.mode is Mode.LOWER_REVIEW and bool(history.upper)
    timeline = Timeline(terms.pack.zone, history.events)
    found = general_readings(terms, timeline, last, DISTANT)
    for one in found:
        node = node_of(one.name, one.extended, nodes)
        yield _of_general(project, history, one, department_of(history, one.name, above=above), node)
    silence_at = next((one.over_at for one in found if one.clock == INTAKE.name and one.over is State.DEEMED), None)
    if silence_at is None:
        return
    known = {one.name for one in found}
    for one in general_readings(terms, timeline, silence_at, DISTANT):
        if one.name not in known:  # silence will have accepted the application, which starts further clocks
            node, department = node_of(one.name, one.extended, nodes), department_of(history, one.name, above=above)
            yield _of_general(project, history, one, department, node, silence_at)


def _of_general(
    project: UUID,
    history: ItemHistory,
    one: GeneralReading,
    department: str,
    node: str,
    exists_at: datetime | None = None,
) -> Row:
    stood = one.standing
    return (
        project,
        history.item,
        history.application,
        one.name,
        department,
        history.mode.value,
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
    )


def reading_of(row: ClockRow, laws: Laws, t: datetime, known: datetime) -> Reading | None:
    """The row's clock at *t*; the calendar known at *known* is the one it was counted with.

    None where it has to be read from the events, as a general clock counts it, or does not exist at *t*.
    """
    pack = laws.pack(row.law)
    rule = usual_rule(laws, row.law, row.mode)
    if rule is None or (row.exists_at is not None and t < row.exists_at):
        return None
    outlook = outlook_of(row, rule)
    zone = ZoneInfo(pack.zone)
    calendar = laws.calendar(pack, known.astimezone(zone).date())
    clock = outlook.on(t.astimezone(zone).date(), calendar)
    if clock is None:
        return None
    warned = clock.state is State.RUNNING and outlook.coloured and row.yellow_on is not None
    yellow_at = begin_of(row.yellow_on, pack.zone) if warned and row.yellow_on else None
    return with_announced(_reading(row, clock, yellow_at), row.announced_on)


def _reading(row: ClockRow, clock: Clock, yellow_at: datetime | None) -> Reading:
    return Reading(
        item=row.item,
        application=row.application,
        clock=row.clock,
        department=row.department,
        mode=row.mode,
        node=row.node,
        live=row.live,
        state=clock.state,
        level=clock.level,
        start_on=clock.start,
        length=clock.length,
        unit=WORKING_DAY,
        due_on=clock.due,
        earliest_due_on=clock.earliest_due,
        yellow_on=clock.yellow_from,
        used=clock.used,
        remaining=clock.remaining,
        overdue_days=clock.overdue_days,
        closed=row.closed,
        yellow_at=yellow_at,
        over_at=row.over_at,
        provisional=clock.provisional,
        article=clock.article,
        law=row.law,
    )


def outlook_of(row: ClockRow, rule: Rule) -> Outlook:
    """The outlook that the row was made from, once it exists."""
    return Outlook(
        name=row.clock,
        article=ARTICLES[NAME_ENDS.split(row.clock, 1)[0]],
        start=row.start_on,
        length=row.length,
        extended=0,
        due=row.due_on,
        yellow_from=row.yellow_on,
        threshold=rule.yellow.threshold(row.length),
        coloured=row.level != UNCOLOURED,
        state=State(row.state),
        over=State(row.over_state) if row.over_state else None,
        used=row.used,
        counted_through=row.counted_through,
        paused_from=row.paused_from,
        resume_day_out=rule.suspension_day_rule[-1] == "]",
        stopped_on=row.stopped_on,
        exists_from=None,
    )
