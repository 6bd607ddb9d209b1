"""用时 a project's time from its entries: the government's working days and the applicant's, in all and by phase."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, structs

from domain.as_of import settled
from domain.core.plan import Phase
from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import day_before, local_day
from domain.law.generic.expand import general_rule
from domain.law.licensing.review import DELIVERY
from domain.law.procedure.history import ItemHistory
from domain.law.project_time import (
    GOVERNMENT,
    NOTHING,
    Counting,
    WorkingTime,
    last_day,
    working_time,
)
from domain.messages import Entry
from projections.clocks.law_events import item_histories
from projections.clocks.procedures import procedure_of
from projections.clocks.reading import WORKING_DAY
from projections.flow.phases import PhaseStanding, ProjectCourse, course
from projections.reader import Laws


class PhaseTime(Struct, frozen=True):
    """One phase of the flow: its days, and how many the government promised for it in all.

    *promised_days* and *left_days* (below zero: over) are null where no limit was set, or not in working days. The
    promise binds the government's days alone.
    """

    code: str
    name: str
    name_en: str
    time: WorkingTime
    promised_days: int | None
    left_days: int | None


class ProjectTime(Struct, frozen=True):
    """The whole project, and its phases in the order of the flow; *promised_days* adds up all phases' limits."""

    time: WorkingTime
    promised_days: int | None
    left_days: int | None
    calendar: str
    phases: tuple[PhaseTime, ...]


class _CountedDays(Struct, frozen=True):
    """What the entries say: the course of the items, and when the clocks of each counted."""

    course: ProjectCourse
    counting: dict[str, list[Counting]]
    calendar: WorkingCalendar
    zone: str
    yesterday: date

    def of(self, items: Iterable[str]) -> WorkingTime:
        """The time of *items*: from the first application for one of them until all are granted and no clock runs."""
        codes = list(items)
        begun = [self.course.begun_at[code] for code in codes if code in self.course.begun_at]
        if not begun:
            return NOTHING
        granted = [self.course.granted_at[code] for code in codes if code in self.course.granted_at]
        ran = [clock for code in codes for clock in self.counting.get(code, ())]
        through = self.yesterday
        if len(granted) == len(codes) and not any(clock.is_open for clock in ran):
            through = last_day(ran, local_day(max(granted), self.zone))
        return working_time(ran, self.calendar, local_day(min(begun), self.zone), through)


def project_time(
    project: UUID, entries: Sequence[Entry], laws: Laws, t: datetime, known: datetime
) -> ProjectTime | None:
    """A project's time at *t*, by what was known at *known*; None where it was not registered by then.

    *entries* are its whole history. Days are those of the calendar of the law it runs under; today is not over.
    """
    progress = course(project, settled(entries, t, known))
    histories = (
        [history for history in item_histories(entries, known).values() if history.law] if progress.project.law else []
    )
    if not histories:
        return None
    pack = laws.pack(histories[0].law)
    counted: dict[str, list[Counting]] = {}
    for history in histories:
        counted.setdefault(history.item, []).extend(counting_of(history, laws, t, known))
    calendar = laws.calendar(pack, local_day(known, pack.zone))
    days = _CountedDays(progress, counted, calendar, pack.zone, day_before(local_day(t, pack.zone)))
    flow, items = progress.project.flow, progress.project.items
    promised = general_rule(pack, calendar, days=0).unit == WORKING_DAY
    phases = tuple(
        _phase(phase, days.of(of_phase), promised=promised)
        for phase in (flow.phases if flow else ())
        if (of_phase := [code for code, item in items.items() if item.plan.phase == phase.code])
    )
    limits = [phase.promised_days for phase in phases]
    total = sum(limit or 0 for limit in limits) if phases and None not in limits else None
    whole = days.of(items)
    return ProjectTime(whole, total, _left(total, whole), calendar.version, phases)


class TimedPhase(PhaseStanding, frozen=True, kw_only=True):
    """A phase with the government's days of it, and how many of the *promised_days* are left, below zero: over.

    It is *late* where these are used up: the applicant's days are not the department's. Only where no limit is promised
    in working days is it late once *due_on* is over, as the law's own days go.
    """

    government_days: int
    promised_days: int | None
    left_days: int | None


def timed(phases: Iterable[PhaseStanding], spent: ProjectTime | None) -> list[TimedPhase]:
    """*phases*, each with its time out of what was *spent*."""
    times = {phase.code: phase for phase in spent.phases} if spent else {}
    return [_timed(phase, times.get(phase.code)) for phase in phases]


def _timed(phase: PhaseStanding, spent: PhaseTime | None) -> TimedPhase:
    left = spent.left_days if spent else None
    fields = structs.asdict(phase) | {"late": phase.late if left is None else left < 0}
    return TimedPhase(
        **fields,
        government_days=spent.time.government_days if spent else 0,
        promised_days=spent.promised_days if spent else None,
        left_days=left,
    )


def _phase(phase: Phase, time: WorkingTime, *, promised: bool) -> PhaseTime:
    limit = phase.limit_days if promised else None
    return PhaseTime(phase.code, phase.name, phase.name_en, time, limit, _left(limit, time))


def _left(promised: int | None, time: WorkingTime) -> int | None:
    return None if promised is None else promised - time.government_days


def counting_of(history: ItemHistory, laws: Laws, t: datetime, known: datetime) -> list[Counting]:
    """When the government's clocks of one application counted, by *t* as known at *known*.

    A department outside the system delivers what it decides itself, on days that are not reported: its delivery is not
    counted.
    """
    procedure = procedure_of(history, laws)
    counted = GOVERNMENT if history.live else GOVERNMENT - {DELIVERY.name}
    return [] if procedure is None else procedure.count(history, t, known, counted)
