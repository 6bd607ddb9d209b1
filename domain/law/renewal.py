"""Renewal of a licence (行政许可法 Art. 50): no answer by its last day renews it, if it was asked for in time."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from domain.law.clock import Clock, Kind, State, level
from domain.law.moment import next_day

if TYPE_CHECKING:
    from domain.law.case import Case

RENEWAL_GUARD = Kind("renewal_guard")


class Deemed(Struct, frozen=True, rename={"since": "from"}):
    """What silence brought about, and from which local date."""

    kind: Literal["renewed"]
    since: date


def filed_in_time(case: Case, expiry: date) -> bool:
    """Receipt at least so many CALENDAR days before expiry, that day included, no rolling (B9.6)."""
    rounds, accepted = case.intake.rounds, case.intake.accepted
    filed = rounds[0].start if rounds else accepted.day if accepted else 0
    return filed <= expiry.toordinal() - case.rule.renewal.file_before_days


def flag_late_filing(case: Case) -> None:
    """Flag an application that was received too late to be renewed by silence."""
    expiry = case.rule.licence_expiry
    if expiry is not None and case.intake.rounds and not filed_in_time(case, expiry):
        case.flags.add("renewal_filed_late")


def guard(case: Case) -> Clock | None:
    """The clock to the licence's last day, from acceptance on."""
    expiry, accepted = case.rule.licence_expiry, case.intake.accepted
    if expiry is None or accepted is None:
        return None
    last, count_to = expiry.toordinal(), case.calendar.count_to
    state = state_of(case, expiry)
    over = case.ended.day if case.ended and state in (State.MET, State.VOID) else case.now.day - 1
    left = max(0, count_to(last) - count_to(over))
    return Clock(
        start=date.fromordinal(accepted.day),
        length=None,
        due=expiry,
        earliest_due=None,
        yellow_from=None,
        used=None,
        remaining=left,
        overdue_days=0,
        state=state,
        level=level(state, near=left <= case.rule.renewal.yellow_days),
        provisional=case.calendar.is_provisional(last),
        article=case.rule.article(RENEWAL_GUARD.name),
    )


def state_of(case: Case, expiry: date) -> State:
    """What became of the guard: a decision or a withdrawal ends it in time, the licence's last day for good."""
    last = expiry.toordinal()
    if case.ended is not None and case.ended.day <= last:
        return State.VOID if case.ended is case.withdrawn else State.MET
    if case.now.day <= last:
        return State.RUNNING
    if case.ended is None and not case.silence_proves(last):
        return State.UNCONFIRMED
    return State.DEEMED if filed_in_time(case, expiry) else State.LAPSED


def deemed(clock: Clock | None) -> Deemed | None:
    """The renewal that silence brought about, if it did."""
    if clock is None or clock.state is not State.DEEMED or clock.due is None:
        return None
    return Deemed("renewed", next_day(clock.due))
