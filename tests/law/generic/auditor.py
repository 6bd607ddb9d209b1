"""An auditor of the general clock: what a law in part D of the rule book makes of a history, on plain data.

It has no code in common with the engine. A law is a dict of what D2 lists, an event a dict with `type` and `at`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from tests.law.generic.counting import DAY, Halt, WalkedPeriod, local, months_after, over, works

Json = dict[str, Any]

CALENDAR_UNITS = {"calendar_day", "week", "month"}
ANY_REASON: Json = {"effect": "suspend"}
COLOURS = {"running": "green", "suspended": "paused", "met": "none", "void": "none"}


@dataclass
class AuditedWait:
    """A request that waits for its answer, or has it: what it does to the period, and the term set for the answer."""

    sid: str
    reason: str
    effect: str
    begun: datetime
    term: date | None = None
    ended: datetime | None = None
    answered_on: date | None = None
    lapsed: bool = False


@dataclass
class Audit:
    """One clock as its history has it so far."""

    law: Json
    begun: datetime | None = None
    first_begun: datetime | None = None
    n: int = 0
    added: list[tuple[int, str]] = field(default_factory=list)
    waits: list[AuditedWait] = field(default_factory=list)
    agreed: date | None = None
    stopped: datetime | None = None
    withdrawn: datetime | None = None
    answers: dict[str, date | None] = field(default_factory=dict)  # by reason of a request made: the last answer's day
    stops: list[str] = field(default_factory=list)
    groundless: set[str] = field(default_factory=set)  # open suspensions that no ground of the law allows
    idle: set[str] = field(default_factory=set)  # requests that came too often or too late, and wait all the same
    flags: list[str] = field(default_factory=list)

    @property
    def period(self) -> WalkedPeriod | None:
        if self.begun is None:
            return None
        halts = tuple(Halt(w.begun, local(self.law, w.begun).date(), w.ended, w.answered_on) for w in self.waits)
        return WalkedPeriod(self.law, self.begun, self.n, tuple(self.added), halts, self.agreed)

    @property
    def is_closed(self) -> bool:
        return self.stopped is not None or self.withdrawn is not None

    def begin(self, at: datetime, n: int | None, waits: list[AuditedWait]) -> None:
        """A new period begins: what was added to the old one or agreed for it is gone."""
        self.begun, self.n, self.waits = at, self.law["n"] if n is None else n, waits
        self.first_begun = self.first_begun or at
        self.added, self.agreed = [], None

    def open(self, sid: str) -> AuditedWait | None:
        waiting = [wait for wait in self.waits if wait.sid == sid and wait.ended is None]
        return waiting[0] if waiting else None

    def end_terms(self, today: date) -> None:
        """A term that passed unused before *today* ends the wait: the clock runs again from the day after it.

        That is as if the answer had come on that day, or, where the day of an answer is out itself, on the term's last.
        """
        for wait in self.waits:
            if wait.ended is None and wait.term is not None and wait.term < today:
                is_last_out = self.law["suspension_day_rule"].endswith("]")
                wait.ended = datetime.combine(wait.term + DAY, time(), ZoneInfo(self.law["zone"]))
                wait.answered_on = wait.term + DAY * (not is_last_out)
                wait.lapsed = True
                self.answers[wait.reason] = wait.answered_on

    def answer(self, wait: AuditedWait, at: datetime) -> None:
        wait.ended, wait.answered_on = at, local(self.law, at).date()

    def take(self, event: Json) -> None:
        """The next event, in legal order."""
        at = datetime.fromisoformat(event["at"])
        self.end_terms(local(self.law, at).date())
        {
            "start": self.start,
            "suspend": self.suspend,
            "resume": self.resume,
            "reset": self.reset,
            "extend": self.extend,
            "agree_until": self.agree,
            "stop": self.end,
            "withdraw": self.end,
        }[event["type"]](event, at)

    def start(self, _event: Json, at: datetime) -> None:
        if self.begun is None:
            self.begin(at, None, self.waits)
        else:
            self.flags.append("duplicate_start")

    def reset(self, event: Json, at: datetime) -> None:
        if self.is_within(self.first_begun, at, self.law["reset_within"]):
            self.begin(at, event.get("n"), [])
        else:
            self.flags.append("reset_too_late")

    def end(self, event: Json, at: datetime) -> None:
        """Done, or moot: nothing waits any more (B7.8)."""
        self.stopped, self.withdrawn = (at, None) if event["type"] == "stop" else (None, at)
        for wait in self.waits:
            if wait.ended is None:
                self.answer(wait, at)

    def is_within(self, since: datetime | date | None, at: datetime, most: int | None) -> bool:
        """Whether at most so many days that the clock counts have passed since the day of *since*."""
        if most is None or since is None or self.begun is None:
            return True
        day = local(self.law, since).date() if isinstance(since, datetime) else since
        passed, last = 0, local(self.law, at).date()
        while day < last:
            day += DAY
            passed += self.law["unit"] not in ("working_day", "working_hour") or works(self.law, day)
        return passed <= most

    def suspend(self, event: Json, at: datetime) -> None:
        sid, reason = event.get("sid", ""), event.get("reason", "")
        if self.open(sid) or sid in self.groundless:
            self.flags.append("duplicate_suspend")
            return
        terms = ANY_REASON if self.law["reasons"] is None else self.law["reasons"].get(reason)
        if terms is None:
            self.flags.append(f"suspend_no_statutory_ground:{reason}")
            self.groundless.add(sid)
            return
        most = terms.get("stops_max")
        if most is not None and self.stops.count(reason) >= most:
            self.flags.append(f"stopped_too_often:{reason}")
            self.idle.add(sid)
            return
        effect = self.effect(terms, reason, at)
        self.answers.setdefault(reason, None)
        if effect == "none":
            self.flags.append(f"notice_without_effect:{reason}")
            self.idle.add(sid)
            return
        self.stops.append(reason)
        self.idle -= {sid}
        term = self.term(terms, event, local(self.law, at).date()) if effect == "suspend" else None
        self.waits.append(AuditedWait(sid, reason, effect, at, term))

    def effect(self, terms: Json, reason: str, at: datetime) -> str:
        """What a request does: the first by when it is made, a later one by how long after the last answer."""
        effect = str(terms["effect"])
        if reason not in self.answers:
            in_time = self.is_within(self.first_begun, at, terms.get("within"))
            return effect if in_time else str(terms.get("late_effect", "none"))
        again = self.is_within(self.answers[reason], at, terms.get("again_within"))
        return (terms.get("again_effect") or effect) if again else "none"

    def term(self, terms: Json, event: Json, requested_on: date) -> date | None:
        """The last day for the answer where the clock runs on without one."""
        if terms.get("suspension_ends", "on_answer") == "on_answer":
            return None
        given = event.get("until")
        named = None if given is None else max(date.fromisoformat(given), requested_on)
        if terms.get("term") is None:
            return named
        by_law = self.by_law(terms, requested_on)
        if named is None or (terms.get("term_is_limit") and by_law < named):
            return by_law
        return named

    def by_law(self, terms: Json, day: date) -> date:
        """The last day of the term that the law itself sets; the day of the request does not count."""
        unit, left = terms.get("term_unit", "working_day"), terms["term"]
        if unit == "month":
            return months_after(day, left)[0]
        while left:
            day += DAY
            left -= unit == "calendar_day" or works(self.law, day)
        return day

    def resume(self, event: Json, at: datetime) -> None:
        sid = event.get("sid", "")
        wait = self.open(sid)
        if wait is None and sid in self.groundless | self.idle:  # it has been flagged as it began
            self.groundless -= {sid}
            self.idle -= {sid}
            return
        if wait is None:
            before = [wait for wait in self.waits if wait.sid == sid]
            if not before or not before[-1].lapsed:
                self.flags.append("resume_without_suspend")
            elif event.get("is_answer", True):
                self.flags.append(f"answered_after_term:{before[-1].reason}")
            return
        self.answer(wait, at)
        self.answers[wait.reason] = wait.answered_on
        if wait.effect != "suspend" and self.begun is not None:
            terms = ANY_REASON if self.law["reasons"] is None else self.law["reasons"][wait.reason]
            n = terms.get("restart_with") if wait.effect == "restart_with" else None
            self.begin(at, n, [other for other in self.waits if other.ended is None])

    def extend(self, event: Json, at: datetime) -> None:
        """A longer period, where that is lawful (B8.2): the first fault in their order is the one that is named."""
        terms, period = self.law["extension"], self.period
        if period is None or terms is None:
            self.flags.append("extension_unknown_to_this_law" if period else "extension_outside_clock")
            return
        unit = event.get("unit") or terms.get("unit") or self.law["unit"]
        limits = [terms["days_max"]] if terms.get("days_max") is not None else []
        if terms.get("max_ratio") is not None:
            limits.append(self.n * terms["max_ratio"][0] // terms["max_ratio"][1])
        in_all = event["n"] + sum(n for n, _ in self.added)
        tests = {
            "extension_other_unit": unit != self.law["unit"] and not {unit, self.law["unit"]} <= CALENDAR_UNITS,
            "extension_repeated": len(self.added) >= terms.get("count_max", 1),
            "extension_exceeds_limit": bool(limits) and in_all > min(limits),
            "extension_late": terms.get("before_expiry", True) and self.is_over(period, at),
        }
        faults = [fault for fault, holds in tests.items() if holds]
        self.flags += faults[:1]
        if not faults or (terms.get("excess") == "flagged" and faults == ["extension_exceeds_limit"]):
            self.added.append((event["n"], unit))
            if self.law["extension_is_notified"] and not event.get("notified", True):
                self.flags.append("extension_not_notified")  # B8.3: it has effect all the same

    def agree(self, event: Json, at: datetime) -> None:
        terms, period = self.law["extension"], self.period
        if period is None:
            self.flags.append("extension_outside_clock")
        elif terms is None or not terms.get("to_agreed_date", False):
            self.flags.append("agreement_unknown_to_this_law")
        elif terms.get("before_expiry", True) and self.is_over(period, at):
            self.flags.append("extension_late")
        else:
            self.agreed = date.fromisoformat(event["until"])

    def is_over(self, period: WalkedPeriod, at: datetime) -> bool:
        """Whether *at* is after the last day, or after the last instant itself."""
        end = period.end()
        if end is None:
            return False
        return at > end if isinstance(end, datetime) else at >= over(self.law, end)

    def state(self, period: WalkedPeriod, t: datetime) -> str:
        """What became of it. Silence that decides has decided when the end has passed, whatever came later."""
        is_over = self.is_over(period, self.stopped or self.withdrawn or t)
        if is_over and self.law["on_silence"].startswith("deemed_"):
            return "deemed"
        if self.withdrawn:
            return "void"
        if self.stopped:
            return "late" if is_over else "met"
        if is_over:
            return "overdue"
        return "suspended" if any(wait.ended is None for wait in self.waits) else "running"


def audit(law: Json, events: list[Json], t: datetime) -> Json | None:
    """The clock at *t*, by the events that had happened by then; None where it has not begun."""
    days = {name: frozenset(map(date.fromisoformat, law[name])) for name in ("holidays", "worked")}
    law = {**law, **days}
    clock = Audit(law)
    happened = [event for event in events if datetime.fromisoformat(event["at"]) <= t]
    for event in sorted(happened, key=lambda event: datetime.fromisoformat(event["at"])):
        if not clock.is_closed:
            clock.take(event)
        elif event["type"] in ("extend", "agree_until"):
            clock.flags.append("extension_outside_clock")  # B8.1: there was nothing left to extend
    if not clock.is_closed:
        clock.end_terms(local(law, t).date())
    period = clock.period
    return None if period is None else reading(clock, period, t)


def reading(clock: Audit, period: WalkedPeriod, t: datetime) -> Json:
    """What the clock shows at *t*."""
    law, ended = clock.law, clock.stopped or clock.withdrawn
    upto = ended or t
    today, state, end, warns_from = local(law, upto).date(), clock.state(period, t), period.end(), period.warns_from()
    through = today if ended else today - DAY
    used = period.hours_by(upto) if period.hours else period.through(through)
    remaining = period.length - used
    if end is not None and not period.hours:
        remaining = period.through(day_of(law, end)) - period.through(through)
    is_near = warns_from is not None and (
        t >= warns_from if isinstance(warns_from, datetime) else local(law, t).date() >= warns_from
    )
    level = COLOURS.get(state, "red")
    is_deemed = state == "deemed"
    return {
        "start": str(period.day0),
        "length": period.length,
        "due": text(end),
        "earliest_due": text(period.answered(t).end()) if end is None else None,
        "yellow_from": text(warns_from),
        "used": used,
        "remaining": max(0, remaining),
        "overdue_days": 0 if end is None else working_days(law, day_of(law, end), today),
        "state": state,
        "level": "yellow" if state == "running" and is_near else level,
        "deemed": law["on_silence"] if is_deemed else None,
        "deemed_from": str(day_of(law, end) + DAY) if is_deemed and end is not None else None,
        "flags": sorted(clock.flags),
    }


def day_of(law: Json, end: date | datetime) -> date:
    return local(law, end).date() if isinstance(end, datetime) else end


def working_days(law: Json, after: date, last: date) -> int:
    """Working days after a day through another."""
    return sum(works(law, after + DAY * number) for number in range(1, (last - after).days + 1))


def text(end: date | datetime | None) -> str | None:
    return None if end is None else end.isoformat()
