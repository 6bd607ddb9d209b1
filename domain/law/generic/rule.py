"""The general clock as data: how one law counts one period, and what may happen to it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import Instant, local_time, next_day
from domain.law.licensing.rule import DayRule, Yellow
from domain.law.packs.terms import A_FIFTH, Extension, NoticeTerms, Roll, Silence, Unit

Moment: TypeAlias = date | datetime
"""When a period ends: a date is over at the next local midnight; an instant is used where hours or noon decide."""

DAYS_PER_WEEK = 7
LAST_INSTANT, NO_TIME = timedelta(microseconds=1), timedelta()  # a day that a suspension ends on may itself be out
CALENDAR_UNITS = ("calendar_day", "week", "month")  # they may be mixed: all are counted in calendar days in the end


ANY_REASON = NoticeTerms()


class GeneralRule(Struct, frozen=True, kw_only=True):
    """How one period is counted. *n* counts *unit*; the calendar holds the weekend, holidays and closures.

    *reasons* maps a reason of suspension to its effect; None lets any reason suspend, as *any_reason* says.
    *extension* None: the law knows none. *hours* are the counter's opening hours, local, for working hours and for a
    start after closing. An explicit reset more than *reset_within* counting days after the start has no effect (None:
    it always has). *extension_is_notified*: the applicant has to be informed of an extension, which is flagged if not.
    """

    zone: str
    calendar: WorkingCalendar
    unit: Unit
    n: Annotated[int, Meta(ge=0)]
    first_day: Literal["excluded", "included"] = "excluded"
    start_shift: Literal["none", "next_working_day"] = "none"
    month_end: Literal["same_day", "day_before"] = "same_day"
    roll: Roll = "none"
    suspension_day_rule: DayRule = "[s,e)"
    hours: tuple[tuple[time, time], ...] = ()
    reasons: dict[str, NoticeTerms] | None = None
    any_reason: NoticeTerms = ANY_REASON
    extension: Extension | None = None
    extension_is_notified: bool = False
    reset_within: int | None = None
    yellow: Yellow = A_FIFTH
    on_silence: Silence = "overdue"

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which a day begins and ends."""
        return ZoneInfo(self.zone)

    @property
    def closes_at(self) -> time | None:
        """The local time from which the counter is closed for the day; None where that does not matter."""
        return self.hours[-1][1] if self.hours else None

    def local_day(self, at: datetime) -> date:
        """The local date of an instant (never the date of its UTC form)."""
        return local_time(at, self.tz).date()

    def after_term(self, term: date) -> datetime:
        """The instant at which a suspension is over whose term ended with the day *term*: the next day counts again."""
        if term == date.max:
            return datetime.max.replace(tzinfo=UTC)
        over = datetime.combine(next_day(term), time(), self.tz)
        return over.astimezone(UTC) - (LAST_INSTANT if self.suspension_day_rule[-1] == "]" else NO_TIME)

    def notice(self, reason: str) -> NoticeTerms | None:
        """What a request made for *reason* does to the period; None where this law knows no such reason."""
        return self.any_reason if self.reasons is None else self.reasons.get(reason)

    @property
    def counts_hours(self) -> bool:
        """Whether the period is counted by the minute within opening hours."""
        return self.unit == "working_hour"


class GeneralEvent(Struct, frozen=True, tag_field="type"):
    """Something that happened to one period, with its legal instant."""

    at: Instant


class Started(GeneralEvent, frozen=True, tag="start"):
    """The event the law names as the beginning."""


class Suspended(GeneralEvent, frozen=True, tag="suspend"):
    """Time is not counted any more, for *reason*; *sid* distinguishes several at once.

    *until* is the last day of the term set for the answer, None where none was set.
    """

    sid: str = ""
    reason: str = ""
    until: date | None = None


class Resumed(GeneralEvent, frozen=True, tag="resume"):
    """The suspension *sid* is over: the answer came in, or the agency goes on without one."""

    sid: str = ""
    is_answer: bool = True


class Restarted(GeneralEvent, frozen=True, tag="reset"):
    """The period restarts from zero; *n* is its new length, None the rule's own."""

    n: int | None = None


class Extended(GeneralEvent, frozen=True, tag="extend"):
    """The period was made longer by *n*, counted in *unit* (None: the unit of the extension rule or of the clock).

    *notified*: the applicant was informed of it.
    """

    n: int
    unit: Unit | None = None
    notified: bool = True


class Agreed(GeneralEvent, frozen=True, tag="agree_until"):
    """Both sides agreed in writing on a later last day."""

    until: date


class Stopped(GeneralEvent, frozen=True, tag="stop"):
    """What the period was for has been done."""


class Withdrawn(GeneralEvent, frozen=True, tag="withdraw"):
    """The application was withdrawn: the period is void."""


AnyGeneralEvent: TypeAlias = Started | Suspended | Resumed | Restarted | Extended | Agreed | Stopped | Withdrawn


def local_date(moment: Moment | None) -> date | None:
    """The local date of a day, or of an instant on the local clock."""
    return moment.date() if isinstance(moment, datetime) else moment
