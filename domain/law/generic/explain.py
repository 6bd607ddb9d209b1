"""The explanation of a general clock: every calendar day from its start, counted or not, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from msgspec import Struct, structs

from domain.law.explained_acts import OUTSIDE_CLOCK, End, ExplainedExtension, Stretch, explained_suspension
from domain.law.generic.course import ClockCourse, course_of
from domain.law.generic.days import gaps, is_out
from domain.law.generic.evaluate import GeneralReading, GeneralTerms, StartedClock, as_clock, readings_with_events
from domain.law.generic.period import CountedPeriod
from domain.law.licensing.clock import COUNTED_ON, Clock
from domain.law.licensing.explain import EXPLAINED_DAYS_MAX, DayPhase, DayReason, ExplainedDay, Explanation
from domain.law.licensing.happening import Happening
from domain.law.licensing.intake import Accepted, Corrected, CorrectionNotice
from domain.law.licensing.review import ExtensionEvent
from domain.law.licensing.suspension import Resume, Suspend
from domain.law.licensing.timeline import Act, Timeline
from domain.law.packs.pack import SUPPLEMENT


def explain_general(
    terms: GeneralTerms, timeline: Timeline, t: datetime, known: datetime, clock_name: str
) -> Explanation:
    """Explain one clock at *t* as known at *known*.

    Raises KeyError if it has not started by then, ValueError if it is counted in hours, of which no day is whole.
    """
    for started, clock in readings_with_events(terms, timeline, t, known):
        if clock.name == clock_name:
            if started.rule.counts_hours:
                raise ValueError("it is counted in working hours, not in days")
            course = course_of(started.rule, started.events, t)
            explanation = _explained(terms, started, clock, course, t)
            return _with_acts(explanation, terms, started, course, timeline.by(t, known), t)
    raise KeyError(clock_name)


def _explained(
    terms: GeneralTerms, started: StartedClock, read: GeneralReading, course: ClockCourse, t: datetime
) -> Explanation:
    clock, period = as_clock(read), _as_if_resumed(course, t)
    without = structs.replace(period, added=(), agreed=None)
    end = clock.due or clock.earliest_due or clock.start
    listing = GeneralListing(period, course, _over(course, started, t), end, clock)
    return Explanation(
        name=read.name,
        clock=clock,
        length=without.length,
        extended=period.length - without.length,
        article=read.article,
        rule=terms.pack.name,
        calendar=terms.calendar.version,
        assumes_resumption=clock.due is None,
        complete=listing.complete,
        days=tuple(listing.days(base=without.length, projects=not read.closed)),
        stopped_on=course.closed_on,
    )


def _with_acts(
    explanation: Explanation,
    terms: GeneralTerms,
    started: StartedClock,
    course: ClockCourse,
    acts: Sequence[Act],
    t: datetime,
) -> Explanation:
    """*explanation*, with the suspensions and extensions among the *acts*."""
    judged = dict(course.judged)
    extensions = tuple(
        ExplainedExtension(
            event=event.id,
            days=event.days,
            approved_on=started.rule.local_day(at),
            notified=event.notified,
            void=judged.get(at, OUTSIDE_CLOCK),
        )
        for at, event, _ in acts
        if isinstance(event, ExtensionEvent) and event.clock == started.clock
    )
    listed = [(day.day, day.suspended_by) for day in explanation.days if day.phase is not DayPhase.AFTER_DUE]
    out_at_end = started.rule.suspension_day_rule[-1] == "]"
    suspensions = tuple(
        explained_suspension(stretch, listed, resume_day_out=out_at_end, today=started.rule.local_day(t))
        for stretch in _stretches(terms, started, course, acts)
    )
    return structs.replace(explanation, suspensions=suspensions, extensions=extensions)


def _stretches(
    terms: GeneralTerms, started: StartedClock, course: ClockCourse, acts: Sequence[Act]
) -> Iterator[Stretch]:
    """The suspensions of the period that runs: as the clock met them, with the acts that began and ended them."""
    ground = terms.pack.request_ground(started.clock, terms.mode)
    ended, local = course.closed_at, started.rule.local_day
    for suspension in course.suspensions:
        begun = next(
            (event for at, event, _ in acts if at == suspension.start and _begins(event, suspension.sid)), None
        )
        if begun is None:
            continue
        answer = next((event for at, event, _ in acts if at == suspension.end and _ends(event, suspension.sid)), None)
        how = End.OPEN if suspension.end is None else End.RESUMED
        if suspension.lapsed:
            how, answer = End.TERM, None
        elif answer is None and ended is not None and suspension.end == ended:
            how = End.CLOCK
        until = suspension.term if suspension.lapsed else None if suspension.end is None else local(suspension.end)
        yield Stretch(
            event=begun.id,
            sid=suspension.sid,
            ground=ground.reason if ground and isinstance(begun, CorrectionNotice) else suspension.reason,
            stops=True,
            start=local(suspension.start),
            end=until,
            how=how,
            end_event=answer.id if answer else "",
            notified=begun.notified if isinstance(begun, Suspend) else True,
            planned_until=begun.planned_until if isinstance(begun, Suspend) else _respond_by(begun),
        )


def _begins(event: Happening, sid: str) -> bool:
    return (isinstance(event, Suspend) and event.sid == sid) or (
        sid == SUPPLEMENT and isinstance(event, CorrectionNotice)
    )


def _ends(event: Happening, sid: str) -> bool:
    return (isinstance(event, Resume) and event.sid == sid) or (
        sid == SUPPLEMENT and isinstance(event, Corrected | Accepted)
    )


def _respond_by(event: Happening) -> date | None:
    return event.respond_by if isinstance(event, CorrectionNotice) else None


def _as_if_resumed(course: ClockCourse, t: datetime) -> CountedPeriod:
    """The period that runs; where an open suspension hides its end, as if it were answered at *t*."""
    period = course.period
    if period is None:
        raise KeyError("nothing has started")
    if period.end() is not None:
        return period
    return structs.replace(period, stretches=tuple((start, end or t) for start, end in period.stretches))


def _over(course: ClockCourse, started: StartedClock, t: datetime) -> int:
    """The last day that is over: that of the stop, else the day before *t*."""
    ended = course.stopped or course.withdrawn
    return started.rule.local_day(ended or t).toordinal() - (ended is None)


class GeneralListing(Struct, frozen=True):
    """The days of a *period* from its day 0: through *over* they are over (an ordinal), through *due* in time."""

    period: CountedPeriod
    course: ClockCourse
    over: int
    due: date
    clock: Clock

    @property
    def last(self) -> int:
        """The last day worth listing: where the clock stopped, else today or the due date, whichever is later."""
        if self.course.closed:
            return max(self.over, self.period.day0.toordinal())
        return max(self.over + 1, self.due.toordinal())

    @property
    def complete(self) -> bool:
        """Whether all days are listed."""
        return self.last - self.period.day0.toordinal() < EXPLAINED_DAYS_MAX

    def days(self, *, base: int, projects: bool) -> Iterator[ExplainedDay]:
        """Each day with its reason, counting as it goes; the period without its extension has *base* of them."""
        period, calendar, number, overdue = self.period, self.period.rule.calendar, 0, 0
        late = self.clock.state in COUNTED_ON
        first = period.day0.toordinal()
        for ordinal in range(first, min(self.last, first + EXPLAINED_DAYS_MAX - 1) + 1):
            day = date.fromordinal(ordinal)
            calendar_day = calendar.day(day)
            after_start = ordinal > period.before
            working = after_start and period.days.count_to(ordinal) > period.days.count_to(ordinal - 1)
            counts = working and not is_out(ordinal, period.out)
            phase = self._phase(ordinal, number, base)
            in_time = ordinal <= self.due.toordinal()
            number += counts and in_time
            overdue += late and calendar_day.works and not in_time
            by_calendar = period.days is calendar or phase is DayPhase.ROLLED
            reason = DayReason(calendar_day.kind) if by_calendar else DayReason.EVERY_DAY
            yield ExplainedDay(
                day=day,
                counted=counts and ordinal <= self.over,
                projected=projects and counts and in_time and self.over < ordinal,
                number=number if counts and in_time else None,
                reason=DayReason.SUSPENDED if working and not counts else reason if after_start else DayReason.START,
                phase=phase,
                notice=calendar_day.notice if by_calendar else "",
                suspended_by=self._suspended_by(day) if working and not counts else (),
                provisional=calendar.is_provisional(ordinal),
                is_due=day == self.clock.due,
                overdue=overdue if late and calendar_day.works and not in_time else None,
            )

    def _phase(self, ordinal: int, number: int, base: int) -> DayPhase:
        """Where a day falls, after *number* counting days: beyond the whole length only rest days make it longer."""
        if ordinal > self.due.toordinal():
            return DayPhase.AFTER_DUE
        if number >= self.period.length > 0:
            return DayPhase.EXTENSION if self.period.agreed == self.due else DayPhase.ROLLED
        return DayPhase.EXTENSION if number >= base > 0 else DayPhase.PERIOD

    def _suspended_by(self, day: date) -> tuple[tuple[str, str], ...]:
        """The sid and reason of each suspension that takes *day* out."""
        local, rule = self.period.rule.local_day, self.period.rule.suspension_day_rule
        return tuple(
            (suspension.sid, suspension.reason)
            for suspension, (start, end) in zip(self.course.suspensions, self.period.stretches, strict=True)
            if is_out(day.toordinal(), gaps([(local(start), local(end) if end else None)], rule))
        )
