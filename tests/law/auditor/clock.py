"""The auditor's clock: it walks from day 0 day by day, and reads state, colour and numbers off that (B3, B7, B10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.law.auditor.calendar import Days
from tests.law.auditor.intake import Walk, last_day
from tests.law.auditor.record import Act

Json = dict[str, Any]

BROKEN = ("overdue", "late", "lapsed", "deemed")


@dataclass
class Pause:
    """One suspension: who named it, on which ground, since which act and until which, None while it is open."""

    sid: str
    reason: str
    since: Act
    until: Act | None = None
    planned_until: str | None = None
    dead: bool = False  # recorded after the end of the application: it stops nothing


@dataclass
class Desk:
    """All that a clock is read with: the walk of the main acts, the suspensions, the day on which it is asked."""

    walk: Walk
    today: int
    pauses: list[Pause] = field(default_factory=list)

    @property
    def rule(self) -> Json:
        return self.walk.rule

    @property
    def days(self) -> Days:
        return self.walk.days


@dataclass
class Clock:
    """One clock as it was set going by the act *since*; *void*: ended by *stop*, and not answered by it."""

    since: Act
    start: int
    minute: int
    length: int
    stop: Act | None = None
    void: bool = False
    silence: str = "overdue"
    reasons: list[str] = field(default_factory=list)
    of_agency: bool = True
    card: str = "red"
    coloured: bool = True

    def runs_at(self, act: Act) -> bool:
        """Whether it had started and not stopped when *act* happened (B8.1)."""
        return self.since.place < act.place and (self.stop is None or act.place < self.stop.place)

    def end(self, stop: Act | None, ended: Act | None) -> None:
        """It ends by its own *stop*, or else with the application (B3.8)."""
        if stop is not None and (ended is None or stop.place <= ended.place):
            self.stop = stop
        elif ended is not None:
            self.stop, self.void = ended, True


def taken_out(desk: Desk, clock: Clock, resume: int | None, place: int | None) -> list[tuple[int, int | None]]:
    """First and last day of each stretch that suspensions take out of *clock* (B7.2); no last one is known: None.

    It is the state at *place* in the legal order (None: now); what was open there is closed on the day *resume*,
    if given.
    """
    rule = desk.rule["suspension_day_rule"]
    stretches: list[tuple[int, int | None]] = []
    if clock.length == 0:
        return stretches  # a period of no days is never suspended (B4)
    for pause in desk.pauses:
        if pause.dead or pause.reason not in clock.reasons or (place is not None and pause.since.place >= place):
            continue
        closed = pause.until is not None and (place is None or pause.until.place < place)
        end = pause.until.day if pause.until is not None and closed else resume
        first = pause.since.day + (rule[0] == "(")
        stretches.append((first, None if end is None else end - (rule[-1] == ")")))
    return stretches


def is_out(day: int, stretches: list[tuple[int, int | None]]) -> bool:
    return any(first <= day and (last is None or day <= last) for first, last in stretches)


def nth(desk: Desk, clock: Clock, number: int, stretches: list[tuple[int, int | None]]) -> int | None:
    """The *number*-th day that counts; None if an open suspension comes first (B3.2, B7.6)."""
    stuck = min((first for first, last in stretches if last is None), default=None)
    day = clock.start
    while number:
        day += 1
        if stuck is not None and day >= stuck:
            return None
        if desk.days.work(day) and not is_out(day, stretches):
            number -= 1
    return day


def due_day(desk: Desk, clock: Clock, stretches: list[tuple[int, int | None]]) -> int | None:
    if clock.length == 0:
        return last_day(desk.rule, desk.days, clock.start, clock.minute, 0)
    return nth(desk, clock, clock.length, stretches)


def threshold(rule: Json, length: int) -> int:
    """At how many remaining days the clock turns yellow (B10.1, B10.3)."""
    yellow = rule["yellow"]
    return int(max(yellow["min"], -(-length * yellow["num"] // yellow["den"])))


def read(desk: Desk, clock: Clock) -> Json:
    """What the golden vectors say of a clock."""
    at_stop = (clock.stop.day, clock.stop.place) if clock.stop else (None, None)
    stretches = taken_out(desk, clock, *at_stop)
    due = due_day(desk, clock, stretches)
    earliest = due_day(desk, clock, taken_out(desk, clock, desk.today, None)) if due is None else None
    state = state_of(desk, clock, due)
    used = used_days(desk, clock, state, due, stretches)
    remaining = max(0, clock.length - used)
    return {
        "start": text(clock.start),
        "length": clock.length,
        "due": text(due),
        "earliest_due": text(earliest),
        "yellow_from": text(yellow_day(desk, clock, stretches)),
        "used": used,
        "remaining": remaining,
        "overdue_days": overdue_days(desk, clock, state, due),
        "state": state,
        "level": level(state, near=remaining <= threshold(desk.rule, clock.length)) if clock.coloured else "none",
        "provisional": desk.days.are_guessed(due or earliest or 0),
    }


def state_of(desk: Desk, clock: Clock, due: int | None) -> str:
    over = due is not None and (clock.stop.day if clock.stop else desk.today) > due
    if over and clock.silence != "overdue" and not clock.of_agency:
        return clock.silence  # what comes after the effect of silence does not undo it
    if clock.stop is not None:
        if clock.void:
            return "void"
        return "late" if over else "met"
    if over:
        proved = not clock.of_agency or desk.walk.silence_proves(due or 0)
        return clock.silence if proved else "unconfirmed"
    if clock.length and any(p.until is None and not p.dead and p.reason in clock.reasons for p in desk.pauses):
        return "suspended"
    return "running"


def used_days(desk: Desk, clock: Clock, state: str, due: int | None, stretches: list[tuple[int, int | None]]) -> int:
    """The counted days that are over; of a stopped clock those through the stop (B3.5)."""
    last = clock.stop.day if clock.stop else desk.today - 1
    if state in ("lapsed", "deemed"):
        last = due or 0  # the question is closed then
    return sum(desk.days.work(day) and not is_out(day, stretches) for day in range(clock.start + 1, last + 1))


def overdue_days(desk: Desk, clock: Clock, state: str, due: int | None) -> int:
    """Working days after the due date; suspensions do not reduce them (B3.7)."""
    if due is None or state not in ("overdue", "late", "void"):
        return 0
    return desk.days.between(due, clock.stop.day if clock.stop else desk.today)


def yellow_day(desk: Desk, clock: Clock, stretches: list[tuple[int, int | None]]) -> int | None:
    """From when it is yellow: the day after the last counting day that is not near the end (B3.9, B10.2)."""
    green = clock.length - threshold(desk.rule, clock.length)
    if green <= 0:
        return clock.start
    last_green = nth(desk, clock, green, stretches)
    return None if last_green is None else last_green + 1


def level(state: str, *, near: bool) -> str:
    """The colour of a clock (B10.1)."""
    colours = {"suspended": "paused", "met": "none", "void": "none", "unconfirmed": "yellow"}
    if state == "running":
        return "yellow" if near else "green"
    return colours.get(state, "red")


def text(day: int | None) -> str | None:
    return None if day is None else str(date.fromordinal(day))
