"""用时 project time: on how many working days the government had the matter, and on how many the applicant (B12.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from msgspec import Struct

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.generic.course import ClockCourse as GeneralCourse
from domain.law.generic.course import CourseSuspension, apply, course_of, effective
from domain.law.generic.days import gaps
from domain.law.generic.rule import GeneralEvent, GeneralRule
from domain.law.licensing.case import Case
from domain.law.licensing.clock import SILENT, ClockRun
from domain.law.licensing.evaluation import runs
from domain.law.licensing.hearing import HEARING_HOLD
from domain.law.licensing.intake import INTAKE
from domain.law.licensing.review import COMMITMENT, DECISION, DELIVERY, LOWER_REVIEW

# Statutory and promise clocks of the agency that decides. A countersignature runs inside one of them (B9.2), the
# check of an undertaking comes after the matter, and the applicant's own clocks are not the government's time.
GOVERNMENT = frozenset(kind.name for kind in (INTAKE, LOWER_REVIEW, DECISION, COMMITMENT, DELIVERY, HEARING_HOLD))

Stretch = tuple[int, int]  # first and last day, as ordinals


class Counting(Struct, frozen=True, gc=False):
    """The days on which one clock counted, rest days among them, and whether it still may."""

    stretches: tuple[Stretch, ...]
    is_open: bool


class WorkingTime(Struct, frozen=True):
    """A stretch of a project's life in working days, from the day after *begun_on* through *through*, both local.

    On *government_days* at least one clock counted: days that several clocks counted are one each, while
    *summed_days* adds the clocks up. *applicant_days* are the others. Both dates are null before anything began.
    """

    begun_on: date | None = None
    through: date | None = None
    working_days: int = 0
    government_days: int = 0
    applicant_days: int = 0
    summed_days: int = 0


NOTHING = WorkingTime()


def counting(case: Case, counted: frozenset[str] = GOVERNMENT) -> Iterator[Counting]:
    """The clocks of one application that are *counted* as the government's, as far as they have by *case*'s instant."""
    for run in runs(case):
        if run.kind.name in counted:
            yield _of_run(case, run)


def _of_run(case: Case, run: ClockRun) -> Counting:
    days = run.days(case, run.stop)
    due = run.due(case, days)
    state = run.state(case, due)
    last = run.last_used(case, state, due)
    out = [(first, through) for first, through, _, _ in days.breaks]
    return Counting(tuple(without(run.start + 1, last, out)), run.stop is None and state not in SILENT)


def general_counting(
    rule: GeneralRule, events: Sequence[GeneralEvent], t: datetime, silent_since: date | None = None
) -> Counting:
    """A clock of a law that counts otherwise: it counts where it runs, whatever its days are called.

    *silent_since*: its last day, where silence has answered since; nothing is counted after it.
    """
    course, suspensions = course_of(rule, (), t), list[CourseSuspension]()
    for event in effective(events, t):
        if not course.closed:
            apply(course, event)
            suspensions += [
                suspension for suspension in course.suspensions if all(suspension is not other for other in suspensions)
            ]
    if course.first_started is None:
        return Counting((), is_open=False)
    day_of = rule.local_day
    first = day_of(course.first_started).toordinal() + (rule.first_day != "included")
    stopped = course.stopped or course.withdrawn
    last = (
        day_of(stopped).toordinal()
        if stopped
        else silent_since.toordinal()
        if silent_since
        else day_of(t).toordinal() - 1
    )
    out = gaps(
        [(day_of(suspension.start), _day(suspension.end, course)) for suspension in suspensions],
        rule.suspension_day_rule,
    )
    return Counting(
        tuple(without(first, last, [(gap.first, gap.last) for gap in out])), is_open=not (stopped or silent_since)
    )


def _day(at: datetime | None, course: GeneralCourse) -> date | None:
    return None if at is None else course.rule.local_day(at)


def without(first: int, last: int, out: Iterable[Stretch]) -> Iterator[Stretch]:
    """The days from *first* to *last* that are in none of the stretches *out*, which are in order."""
    for begin, end in out:
        if begin > last:
            break
        if begin > first:
            yield first, begin - 1
        first = max(first, end + 1)
    if first <= last:
        yield first, last


def united(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same days, each once, in order."""
    union: list[Stretch] = []
    for first, last in sorted(stretches):
        if union and first <= union[-1][1] + 1:
            union[-1] = (union[-1][0], max(last, union[-1][1]))
        else:
            union.append((first, last))
    return union


def working_time(clocks: Sequence[Counting], calendar: WorkingCalendar, begun: date, through: date) -> WorkingTime:
    """What *clocks* make of the working days after *begun*, which itself never counts (B3.1), through *through*."""
    first, last = begun.toordinal() + 1, through.toordinal()

    def days(stretches: Iterable[Stretch]) -> int:
        inside = ((max(a, first), min(b, last)) for a, b in stretches)
        return sum(calendar.count_to(b) - calendar.count_to(a - 1) for a, b in inside if a <= b)

    whole = days([(first, last)])
    government = days(united(stretch for clock in clocks for stretch in clock.stretches))
    return WorkingTime(
        begun_on=begun,
        through=max(begun, through),
        working_days=whole,
        government_days=government,
        applicant_days=whole - government,
        summed_days=sum(days(clock.stretches) for clock in clocks),
    )


def last_day(clocks: Iterable[Counting], day: date) -> date:
    """The last day on which one of *clocks* counted, or *day* if that is later."""
    counted = [stretch[1] for clock in clocks for stretch in clock.stretches]
    return date.fromordinal(max(day.toordinal(), *counted)) if counted else day
