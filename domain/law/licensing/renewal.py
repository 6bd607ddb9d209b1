"""Renewal of a licence (行政许可法 Art. 50): no answer by its last day renews it, if applied for in time."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import next_day
from domain.law.licensing.clock import Clock, ClockKind, State, level

if TYPE_CHECKING:
    from domain.law.licensing.case import Case
    from domain.law.packs.pack import Pack

RENEWAL_GUARD = ClockKind("renewal_guard")
RENEWAL_FILING = "renewal_filing"


class Deemed(Struct, frozen=True, rename={"since": "from"}):
    """What silence brought about, and from which local date."""

    kind: Literal["renewed"]
    since: date


def filed_in_time(case: Case, expiry: date) -> bool:
    """Receipt at least so many CALENDAR days before expiry, that day included, no rolling (B9.6)."""
    rounds, accepted = case.intake.rounds, case.intake.accepted
    filed = rounds[0].start if rounds else accepted.day if accepted else 0
    return filed <= expiry.toordinal() - case.rule.renewal.file_before_days


def renews_by_silence(pack: Pack, mode: str) -> bool:
    """Whether *pack* knows the guard of a licence's last day, beside a decision counted in working days."""
    if RENEWAL_GUARD.name not in pack.clocks:
        return False
    try:
        return pack.limit(mode).unit == "working_day"
    except KeyError:
        return False


def file_by(pack: Pack, mode: str, expiry: date) -> date:
    """The last day on which an application for renewal is in time (B9.6)."""
    return date.fromordinal(max(1, expiry.toordinal() - pack.limit(mode, RENEWAL_FILING).days))


def flag_late_filing(case: Case) -> None:
    """Flag an application that was filed too late to be renewed by silence, by its receipt or else its acceptance."""
    expiry, filed = case.rule.licence_expiry, case.intake.rounds or case.intake.accepted
    if expiry is not None and filed and not filed_in_time(case, expiry):
        case.flags.add("renewal_filed_late")


def guard(case: Case) -> Clock | None:
    """The clock to the licence's last day, from acceptance on."""
    expiry, accepted = case.rule.licence_expiry, case.intake.accepted
    if expiry is None or accepted is None:
        return None
    state = state_of(case, expiry)
    over = case.ended.day if case.ended and state in (State.MET, State.VOID) else case.now.day - 1
    start, rule = date.fromordinal(accepted.day), case.rule
    article = rule.article(RENEWAL_GUARD.name)
    return guard_clock(start, expiry, state, over, case.calendar, rule.renewal.yellow_days, article)


def guard_clock(
    start: date, expiry: date, state: State, over: int, calendar: WorkingCalendar, yellow_days: int, article: str
) -> Clock:
    """The guard's reading in *state*, by *article*; the day *over* is the last that is over or on which it stopped."""
    last = expiry.toordinal()
    left = max(0, calendar.count_to(last) - calendar.count_to(over))
    return Clock(
        start=start,
        length=None,
        due=expiry,
        earliest_due=None,
        yellow_from=None,
        used=None,
        remaining=left,
        overdue_days=0,
        state=state,
        level=level(state, near=left <= yellow_days),
        provisional=calendar.is_provisional(last),
        article=article,
    )


def yellow_from(expiry: date, calendar: WorkingCalendar, yellow_days: int) -> date:
    """The day from which at most so many working days are left before the licence expires (B9.7)."""
    last_green = calendar.count_to(expiry.toordinal()) - yellow_days
    return next_day(date.fromordinal(calendar.at_count(max(1, last_green))))


def guard_yellow_from(case: Case) -> date | None:
    """The same for a case; None where it renews nothing."""
    expiry = case.rule.licence_expiry
    return None if expiry is None else yellow_from(expiry, case.calendar, case.rule.renewal.yellow_days)


def state_of(case: Case, expiry: date) -> State:
    """What became of the guard: a decision or a withdrawal ends it in time, the licence's last day for good."""
    last = expiry.toordinal()
    if case.ended is not None and case.ended.day <= last:
        return State.VOID if case.ended is case.withdrawn else State.MET
    if case.now.day <= last:
        return State.RUNNING
    if case.decided is None and not case.silence_proves(last):  # a decision dated later proves the silence before it
        return State.UNCONFIRMED if case.ended is None else State.VOID
    return State.DEEMED if filed_in_time(case, expiry) else State.LAPSED


def deemed(clock: Clock | None) -> Deemed | None:
    """The renewal that silence brought about, if it did."""
    if clock is None or clock.state is not State.DEEMED or clock.due is None:
        return None
    return Deemed("renewed", next_day(clock.due))
