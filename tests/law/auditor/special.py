"""The auditor's clocks of a special law: of the rounds of intake, and in calendar days from receipt to decision."""

from __future__ import annotations

from typing import Any

from tests.law.auditor.acts import suspend
from tests.law.auditor.calendar import days_known
from tests.law.auditor.clock import Clock, Desk, is_out, taken_out, text
from tests.law.auditor.intake import Round, Walk
from tests.law.auditor.record import Act, acts_of, instant, local

Json = dict[str, Any]
FLAGS_OF_ROUNDS = {
    *("correction_repeated_new_items", "correction_notice_late", "correction_after_acceptance"),
    *("duplicate_receipt", "duplicate_acceptance", "accepted_after_deemed"),
    *("refused_after_deemed", "refused_after_acceptance"),
}
Stretches = list[tuple[int, int | None]]


def audit_special(rule: Json, length: int, events: list[Json], calendar: Json, t: str, known: str) -> Json | None:
    """The state at *t* of a period of *length* calendar days from receipt; None where nothing was received."""
    desk, acts = desk_at(rule, events, calendar, t, known)
    walk = desk.walk
    suspend(desk, acts)
    if not walk.rounds:
        return None
    turn = walk.rounds[0]
    clock = Clock(turn.opened, turn.start, turn.minute, length, reasons=rule["statutory_suspend_reasons"])
    clock.end(walk.decided, next(iter(walk.ends), None))
    at_stop = (clock.stop.day, clock.stop.place) if clock.stop else (None, None)
    stretches = taken_out(desk, clock, *at_stop)
    due = last_day(desk, clock, stretches)
    earliest = last_day(desk, clock, taken_out(desk, clock, desk.today, None)) if due is None else None
    last = clock.stop.day if clock.stop else desk.today - 1
    used = counted(clock, last, stretches)
    through = length if due is None else counted(clock, due, stretches)  # on the last day one remains (B3.6)
    return {
        "start": text(clock.start),
        "due": text(due),
        "earliest_due": text(earliest),
        "used": used,
        "remaining": max(0, through - used),
        "state": state_of(desk, clock, due),
    }


def desk_at(rule: Json, events: list[Json], calendar: Json, t: str, known: str) -> tuple[Desk, list[Act]]:
    """The main acts walked through to *t*, as they were *known*, and all the acts."""
    now, knew = instant(t), instant(known)
    acts = acts_of(events, rule["zone"], now, knew)
    walk = Walk(rule, days_known(calendar, local(knew, rule["zone"]).date()))
    desk = Desk(walk, local(now, rule["zone"]).toordinal())
    walk.through(acts, desk.today)
    return desk, acts


def audit_rounds(rule: Json, events: list[Json], calendar: Json, t: str, known: str) -> Json:
    """Every round of intake at *t* by the name of its clock, and under "flags" what was without effect in them (B5)."""
    walk = desk_at(rule, events, calendar, t, known)[0].walk
    rounds: Json = {
        "intake" if number == 1 else f"intake#{number}": {
            "start": text(turn.start),
            "due": text(turn.due),
            "state": state_of_round(walk, turn),
        }
        for number, turn in enumerate(walk.rounds, start=1)
    }
    return {**rounds, "flags": sorted(walk.flags & FLAGS_OF_ROUNDS) if rounds else []}


def state_of_round(walk: Walk, turn: Round) -> str:
    """What became of a round; a decision is no answer of intake, but the end of it (B3.8)."""
    if turn.answer is not None:
        return "void" if turn.voided or turn.answer.kind == "decided" else "met"
    accepted = walk.acceptance
    if accepted is not None and accepted.kind == "deemed" and accepted.since is turn.opened:
        return "deemed"
    return "running"


def counted(clock: Clock, last: int, stretches: Stretches) -> int:
    """The days that count, through the *last*."""
    return sum(not is_out(day, stretches) for day in range(clock.start + 1, last + 1))


def last_day(desk: Desk, clock: Clock, stretches: Stretches) -> int | None:
    """The last day in time: of a day of rest or of suspension the next that is neither (Civil Code 203)."""
    stuck = min((first for first, last in stretches if last is None), default=None)
    day, left = clock.start, clock.length
    while left or not desk.days.work(day) or is_out(day, stretches):
        day += 1
        if stuck is not None and day >= stuck:
            return None
        left -= bool(left) and not is_out(day, stretches)
    return day


def state_of(desk: Desk, clock: Clock, due: int | None) -> str:
    over = due is not None and (clock.stop.day if clock.stop else desk.today) > due
    if clock.stop is not None:
        if clock.void:
            return "void"
        return "late" if over else "met"
    if over:
        return "overdue"
    paused = any(pause.until is None and not pause.dead and pause.reason in clock.reasons for pause in desk.pauses)
    return "suspended" if paused else "running"
