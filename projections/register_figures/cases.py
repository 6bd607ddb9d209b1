"""Figures of each case, for the comparison of registers: days taken, suspended, extended, and lateness.

A project imported from a Dutch permit register is counted by the rows of that register, which the importer stores as
noted steps, each with its effective and recorded day: submitted is the first 01_HOOFD_010, and so on. Rows that would
break our rules count as well. Any other project is counted by the facts of the item applied for first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct, field, structs

from domain.core.ledger import Fact
from domain.law.calendar.moment import midnight, next_day
from domain.law.packs.pack import Pack
from domain.law.register_count import plain_count
from domain.messages import Entry, corrections
from domain.project.application.completion import ItemCompleted
from domain.project.application.delivery import DecisionDelivered
from domain.project.application.extension import LimitExtended
from domain.project.application.note import StepNoted
from domain.project.application.registration import ProjectRegistered
from domain.project.application.submission import ItemSubmitted
from domain.project.application.supplement import SupplementRequested, SupplementSubmitted
from domain.project.application.suspension import ClockResumed, ClockSuspended
from projections.register_figures.parse import typed_date, typed_days

SUBMITTED = "01_HOOFD_010"  # registratie datum binnenkomst aanvraag
DELIVERED = "01_HOOFD_510_2"  # invoeren verzenddatum beschikking omgevingsvergunning
DATA_REQUESTED = "08_AWB45_020_2"  # invoeren verzenddatum opvragen ontbrekende gegevens
DATA_RECEIVED = "08_AWB45_040"  # registreren ontvangst aanvullende gegevens
EXTENDED = ("06_VD_020", "06_VD_030")  # registreren aantal dagen verlengingstermijn
REGISTER_ROWS = {SUBMITTED, DELIVERED, DATA_REQUESTED, DATA_RECEIVED, *EXTENDED}
STATED_DEADLINE = "case:deadline_at"  # the deadline stated in a register's own list of cases, an instant
CALENDAR_DAY = "calendar_day"

INSTANT = timedelta(microseconds=1)  # the resolution of instants

LawFor = Callable[[str, datetime], Pack]
DayOrInstant: TypeAlias = date | datetime | None
"""An instant; a day, up to its end in the time zone of the case; or None: no bound."""


class CaseRow(Struct, frozen=True):
    """One project's figures, in local days. None if unknown, or not yet known.

    *suspended_since* is the day since which an open case is suspended, None if it is not: while suspended, its
    deadline moves later every day.
    """

    case_id: str
    submitted_on: date | None
    delivered_on: date | None
    deadline_on: date | None
    gross_days: int | None
    net_days: int | None
    suspended_days: int
    extension_days: int
    late: bool | None
    suspended_since: date | None = None


class CaseDays(Struct):
    """Accumulated days of one case. An open suspension has no second day."""

    item: str = ""
    submitted: date | None = None
    completed: date | None = None
    delivered: date | None = None
    stated: date | None = None
    stretches: list[tuple[date, date | None]] = field(default_factory=list)
    extension: int = 0

    @property
    def suspended_since(self) -> date | None:
        """The first day of the open suspension."""
        return self.stretches[-1][0] if self.stretches and self.stretches[-1][1] is None else None

    def suspend(self, day: date) -> None:
        """Begin a suspension; no effect while one is open."""
        if self.suspended_since is None:
            self.stretches.append((day, None))

    def resume(self, day: date) -> None:
        """End the open suspension; no effect without one."""
        if self.suspended_since is not None:
            self.stretches[-1] = (self.suspended_since, day)


def case_row(
    entries: Sequence[Entry], law_for: LawFor, *, as_of: DayOrInstant = None, known_at: DayOrInstant = None
) -> CaseRow | None:
    """The figures of one project from all its entries, in version order; None if it was never registered.

    *as_of* leaves out what took effect later, *known_at* what was recorded later; both may be given. *law_for* returns
    the law of an id on a day, for the time zone and, if it counts calendar days, the limit.
    """
    registered = next((entry for entry in entries if isinstance(entry.fact, ProjectRegistered)), None)
    if registered is None or not isinstance(registered.fact, ProjectRegistered):
        return None
    law = law_for(registered.fact.law, registered.occurred_at)
    by_register = any(is_register_row(entry) for entry in entries)
    days, zone = CaseDays(), ZoneInfo(law.zone)
    for entry in visible(entries, through(as_of, law.zone), through(known_at, law.zone)):
        day = entry.occurred_at.astimezone(zone).date()
        if isinstance(entry.fact, StepNoted):
            take_row(days, entry.fact, day, zone)
        elif not (by_register and entry.recorded.source):
            take_fact(days, entry.fact, day)
    ended, limit = days.delivered or days.completed, calendar_days(law)
    counted = plain_count(
        days.submitted,
        ended,
        [(start, end) for start, end in days.stretches if end is not None],
        None if limit is None else limit + days.extension,
        None if by_register else days.stated,  # cases of a permit register are compared by computed deadlines
    )
    return CaseRow(
        case_id=registered.fact.code or str(registered.stream),
        submitted_on=days.submitted,
        delivered_on=ended,
        deadline_on=counted.deadline_on,
        gross_days=counted.gross_days,
        net_days=counted.net_days,
        suspended_days=counted.suspended_days,
        extension_days=days.extension,
        late=counted.late,
        suspended_since=days.suspended_since if ended is None else None,
    )


def calendar_days(law: Pack) -> int | None:
    """The usual limit of a decision; None if the law has none or doesn't count it in calendar days."""
    try:
        limit = law.limit()
    except KeyError:
        return None
    return limit.days if limit.unit == CALENDAR_DAY else None


def through(end: DayOrInstant, zone: str) -> datetime | None:
    """The last instant included."""
    if end is None or isinstance(end, datetime):
        return end
    return midnight(next_day(end), zone) - INSTANT


def is_register_row(entry: Entry) -> bool:
    """Whether the entry is a row of a permit register that counts in the figures."""
    return isinstance(entry.fact, StepNoted) and entry.fact.activity in REGISTER_ROWS


def visible(entries: Sequence[Entry], as_of: datetime | None, known_at: datetime | None) -> Iterator[Entry]:
    """The entries in effect at *as_of*, in version order, with the corrections known at *known_at* applied."""
    known = [entry for entry in entries if known_at is None or entry.recorded_at <= known_at]
    settled = corrections(known)
    for entry in known:
        if entry.version in settled.retracted:
            continue
        at = settled.amended.get(entry.version, entry.occurred_at)
        if as_of is None or at <= as_of:
            yield entry if at is entry.occurred_at else structs.replace(entry, occurred_at=at)


def take_row(days: CaseDays, row: StepNoted, day: date, zone: ZoneInfo) -> None:
    """Add one row of a register, as typed by its officers."""
    if row.activity == SUBMITTED:
        days.submitted = days.submitted or day
    elif row.activity == DELIVERED:
        days.delivered = days.delivered or day
    elif row.activity == DATA_REQUESTED:
        days.suspend(day)
    elif row.activity == DATA_RECEIVED:
        days.resume(typed_date(row.value) or day)
    elif row.activity in EXTENDED:
        days.extension += typed_days(row.value) or 0
    elif row.activity == STATED_DEADLINE:
        days.stated = datetime.fromisoformat(row.value).astimezone(zone).date()


def take_fact(case_days: CaseDays, fact: Fact, day: date) -> None:
    """Add one fact, if it concerns the item applied for first."""
    if isinstance(fact, ItemSubmitted) and not case_days.item:
        case_days.item, case_days.submitted = fact.item, day
    if getattr(fact, "item", "") != case_days.item:
        return
    match fact:
        case ItemCompleted():
            case_days.completed = case_days.completed or day
        case DecisionDelivered():
            case_days.delivered = case_days.delivered or day
        case SupplementRequested() | ClockSuspended():
            case_days.suspend(day)
        case ClockResumed() | SupplementSubmitted(complete=True):
            case_days.resume(day)
        case LimitExtended(clock="decision", days=days):
            case_days.extension += days
        case _:
            return
