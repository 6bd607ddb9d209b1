"""What has happened to a general clock so far: its events folded into the period that runs now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from msgspec import Struct, field

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import months_later
from domain.law.generic.days import DayCounting, EveryDay, counted
from domain.law.generic.period import CountedPeriod, is_over
from domain.law.generic.rule import (
    CALENDAR_UNITS,
    Agreed,
    Extended,
    GeneralEvent,
    GeneralRule,
    Restarted,
    Resumed,
    Started,
    Stopped,
    Suspended,
    Withdrawn,
)
from domain.law.packs.terms import Effect, NoticeTerms, Unit


class CourseSuspension(Struct):
    """A suspension for one reason; *effect* is what its end does to the period."""

    sid: str
    reason: str
    effect: Effect
    start: datetime
    end: datetime | None = None
    term: date | None = None  # with its end the clock runs again, answered or not; None: only an answer ends it
    lapsed: bool = False  # it ended with its term


class ClockCourse(Struct):
    """The state of one clock between two events. *flags* name what was without effect, and why."""

    rule: GeneralRule
    started: datetime | None = None  # of the period that runs now
    first_started: datetime | None = None
    n: int = 0
    added: list[tuple[int, Unit]] = field(default_factory=list)
    suspensions: list[CourseSuspension] = field(default_factory=list)
    agreed: date | None = None
    stopped: datetime | None = None
    withdrawn: datetime | None = None
    requests: dict[str, datetime | None] = field(default_factory=dict)  # reason -> when last answered
    stops: dict[str, int] = field(default_factory=dict)  # reason -> how often it has stopped the clock
    groundless: set[str] = field(default_factory=set)  # open suspensions that no ground of the law allows
    ineffective: set[str] = field(default_factory=set)  # open ones without effect: their end is no fault of its own
    judged: list[tuple[datetime, str]] = field(default_factory=list)  # each extension, and why it is void, if it is
    flags: list[str] = field(default_factory=list)

    @property
    def period(self) -> CountedPeriod | None:
        """The period that runs now, None before the start."""
        if self.started is None:
            return None
        stretches = tuple((s.start, s.end) for s in self.suspensions)
        return CountedPeriod(self.rule, self.started, self.n, tuple(self.added), stretches, self.agreed)

    @property
    def closed(self) -> bool:
        """Whether nothing can move the clock any more."""
        return self.closed_at is not None

    @property
    def closed_at(self) -> datetime | None:
        """When it was stopped or withdrawn; None while it runs."""
        return self.stopped or self.withdrawn

    @property
    def closed_on(self) -> date | None:
        """The local day of that."""
        return None if self.closed_at is None else self.rule.local_day(self.closed_at)

    def begin(self, at: datetime, n: int | None, suspensions: list[CourseSuspension]) -> None:
        """A period begins: what was added to or agreed for an earlier one fell with it."""
        self.started, self.n = at, self.rule.n if n is None else n
        self.first_started = self.first_started or at
        self.added, self.agreed, self.suspensions = [], None, suspensions

    def close_suspensions(self, at: datetime) -> None:
        """Nothing waits any more once the matter is closed (rule B7.8)."""
        for suspension in self.suspensions:
            suspension.end = suspension.end or at

    def lapse(self, day: date) -> None:
        """End what no answer ended, but its term did before the local *day*: the clock runs from the day after it."""
        for suspension in self.suspensions:
            if suspension.end is None and suspension.term is not None and suspension.term < day:
                suspension.end = self.rule.after_term(suspension.term)
                suspension.lapsed = True
                self.requests[suspension.reason] = suspension.end

    @property
    def resumes_after(self) -> date | None:
        """The day with which the last open suspension ends by its term; None if none is open, or one has no end."""
        terms = [s.term for s in self.suspensions if s.end is None]
        return max((term for term in terms if term is not None), default=None) if all(terms) else None

    def open_suspension(self, sid: str) -> CourseSuspension | None:
        return next((s for s in self.suspensions if s.sid == sid and s.end is None), None)


def course_of(rule: GeneralRule, events: Sequence[GeneralEvent], until: datetime | None = None) -> ClockCourse:
    """Fold the events up to and with the instant *until*, in legal order; ties keep the order given."""
    course = ClockCourse(rule)
    for event in effective(events, until):
        if not course.closed:
            course.lapse(rule.local_day(event.at))
            apply(course, event)
        elif isinstance(event, Extended | Agreed):  # approved when nothing ran any more (B8.2)
            course.flags.append("extension_outside_clock")
    if not course.closed:
        course.lapse(date.max if until is None else rule.local_day(until))
    return course


def effective(events: Iterable[GeneralEvent], until: datetime | None) -> list[GeneralEvent]:
    """The events effective by *until*, ordered by their legal instant."""
    return sorted((event for event in events if until is None or event.at <= until), key=lambda event: event.at)


def apply(course: ClockCourse, event: GeneralEvent) -> None:
    """Let one event take effect, or flag that it has none."""
    match event:
        case Started(at=at):
            if course.started is None:
                course.begin(at, None, course.suspensions)
            else:
                course.flags.append("duplicate_start")
        case Suspended():
            suspend(course, event)
        case Resumed():
            resume(course, event)
        case Restarted():
            restart(course, event)
        case Extended():
            extend(course, event)
        case Agreed():
            agree(course, event)
        case Stopped(at=at):
            course.stopped = at
            course.close_suspensions(at)
        case Withdrawn(at=at):
            course.withdrawn = at
            course.close_suspensions(at)


def suspend(course: ClockCourse, event: Suspended) -> None:
    """Open a suspension if the law knows its reason and it is not open already."""
    if course.open_suspension(event.sid) or event.sid in course.groundless:
        course.flags.append("duplicate_suspend")
        return
    notice = course.rule.notice(event.reason)
    if notice is None:
        course.flags.append(f"suspend_no_statutory_ground:{event.reason}")
        course.groundless.add(event.sid)
        return
    if notice.stops_max is not None and course.stops.get(event.reason, 0) >= notice.stops_max:
        course.flags.append(f"stopped_too_often:{event.reason}")
        course.ineffective.add(event.sid)
        return
    effect = effect_of(course, notice, event)
    course.requests.setdefault(event.reason, None)
    if effect == "none":
        course.flags.append(f"notice_without_effect:{event.reason}")
        course.ineffective.add(event.sid)
        return
    course.stops[event.reason] = course.stops.get(event.reason, 0) + 1
    course.ineffective.discard(event.sid)
    term = None
    if effect == "suspend":
        term = term_of(course.rule.calendar, notice, course.rule.local_day(event.at), event.until)
    course.suspensions.append(CourseSuspension(event.sid, event.reason, effect, event.at, term=term))


def term_of(calendar: WorkingCalendar, notice: NoticeTerms, requested_on: date, until: date | None) -> date | None:
    """The last day for the answer, where its end lets the clock run again: as set (*until*), else as the law has it."""
    if notice.suspension_ends == "on_answer":
        return None
    set_until = until and max(until, requested_on)
    if notice.term is None:
        return set_until
    by_law = end_of_term(calendar, requested_on, notice.term, notice.term_unit)
    if set_until is None:
        return by_law
    return min(set_until, by_law) if notice.term_is_limit else set_until


def end_of_term(calendar: WorkingCalendar, requested_on: date, term: int, unit: Unit) -> date:
    """The last day of a term that the law itself sets from the day of the request, which does not count."""
    if unit == "month":
        return months_later(requested_on, term)[0]
    days: DayCounting = calendar if unit == "working_day" else EveryDay()
    return date.fromordinal(days.at_count(days.count_to(requested_on.toordinal()) + term))


def effect_of(course: ClockCourse, notice: NoticeTerms, event: Suspended) -> Effect:
    """What this request does: the first one of its reason by the time since the start, later ones since the answer."""
    if event.reason not in course.requests:
        in_time = within(course, course.first_started, event.at, notice.within)
        return notice.effect if in_time else notice.late_effect
    if not within(course, course.requests[event.reason], event.at, notice.again_within):
        return "none"
    return notice.again_effect or notice.effect


def within(course: ClockCourse, since: datetime | None, at: datetime, days_max: int | None) -> bool:
    """Whether *at* lies at most *days_max* counting days after the day of *since*."""
    period = course.period
    if days_max is None or since is None or period is None:
        return True
    first, last = course.rule.local_day(since).toordinal(), course.rule.local_day(at).toordinal()
    return counted(period.days, first, last, ()) <= days_max


def resume(course: ClockCourse, event: Resumed) -> None:
    """Close a suspension; where its reason resets the period, a new one begins with the answer."""
    suspension = course.open_suspension(event.sid)
    if suspension is None:
        answer_to_nothing(course, event)
        return
    suspension.end = course.requests[suspension.reason] = event.at
    if suspension.effect in ("reset", "restart_with") and course.started is not None:
        notice = course.rule.notice(suspension.reason)
        n = notice.restart_with if notice and suspension.effect == "restart_with" else None
        course.begin(event.at, n, [other for other in course.suspensions if other.end is None])


def answer_to_nothing(course: ClockCourse, event: Resumed) -> None:
    """Flag an answer where nothing waits for one, or the term set for it is over."""
    if event.sid in course.groundless | course.ineffective:
        course.groundless.discard(event.sid)
        course.ineffective.discard(event.sid)
        return
    last = next((s for s in reversed(course.suspensions) if s.sid == event.sid), None)
    if last is None or not last.lapsed:
        course.flags.append("resume_without_suspend")
    elif event.is_answer:
        course.flags.append(f"answered_after_term:{last.reason}")


def restart(course: ClockCourse, event: Restarted) -> None:
    """Begin from zero: whatever held the old period back is over with it."""
    if not within(course, course.first_started, event.at, course.rule.reset_within):
        course.flags.append("reset_too_late")
        return
    course.begin(event.at, event.n, [])


def extend(course: ClockCourse, event: Extended) -> None:
    """Make the period longer if the law lets it; one flag says why it is void, or that it is longer than lawful."""
    terms = course.rule.extension
    unit = event.unit or (terms.unit if terms else None) or course.rule.unit
    faults = extension_faults(course, event, unit)
    course.flags.extend(faults[:1])
    as_written = terms is not None and terms.excess == "flagged"
    counts = not faults or (as_written and faults == ["extension_exceeds_limit"])
    course.judged.append((event.at, "" if counts else faults[0]))
    if counts:
        course.added.append((event.n, unit))
        if terms is not None and not event.notified and course.rule.extension_is_notified:
            course.flags.append("extension_not_notified")


def extension_faults(course: ClockCourse, event: Extended, unit: Unit) -> list[str]:
    """What speaks against an extension, in the order in which rule B8.2 tests it."""
    terms, period = course.rule.extension, course.period
    if period is None:
        return ["extension_outside_clock"]
    if terms is None:
        return ["extension_unknown_to_this_law"]
    faults = []
    if unit != course.rule.unit and not {unit, course.rule.unit} <= set(CALENDAR_UNITS):
        faults.append("extension_other_unit")
    if len(course.added) >= terms.count_max:
        faults.append("extension_repeated")
    so_far = sum(n for n, _ in course.added)
    most = terms.most(course.n)
    if most is not None and so_far + event.n > most:
        faults.append("extension_exceeds_limit")
    if terms.before_expiry and is_over(period.end(), event.at, course.rule):
        faults.append("extension_late")
    return faults


def agree(course: ClockCourse, event: Agreed) -> None:
    """Take over a last day both sides agreed on in writing, where the law knows that."""
    terms, period = course.rule.extension, course.period
    if period is None:
        course.flags.append("extension_outside_clock")
    elif terms is None or not terms.to_agreed_date:
        course.flags.append("agreement_unknown_to_this_law")
    elif terms.before_expiry and is_over(period.end(), event.at, course.rule):
        course.flags.append("extension_late")
    else:
        course.agreed = event.until
