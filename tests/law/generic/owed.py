"""An auditor of what a law owes the applicant (B5.6, B5.9, B7.9), and of hearings (B9.4), on plain data.

Written from the rule book alone: it walks the main acts as the auditor of the licensing law does, and judges the rest
by that. A law is a dict: its `duties`, each with the grounds it is for (none: all), and the `grounds` of which a term
ends the suspension.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.law.auditor.auditor import own_flags
from tests.law.auditor.clock import Desk
from tests.law.auditor.record import Act
from tests.law.auditor.sides import Hearing
from tests.law.auditor.special import desk_at
from tests.law.generic.counting import months_after

Json = dict[str, Any]


@dataclass
class Delay:
    """One suspension: the act that began it, the last day of a term that ends it, and what did end it."""

    since: Act
    term: int | None
    until: Act | None = None
    dead: bool = False  # recorded after the end of the application


def neglected(law: Json, rule: Json, events: list[Json], calendar: Json, t: str, known: str) -> list[str]:
    """The flags of what was neglected by *t*, as far as it was *known*; sorted."""
    desk, acts = desk_at(rule, events, calendar, t, known)
    hearing = Hearing(desk, acts)
    hearing.clocks()
    flags = hearing.flags | of_suspensions(desk, acts, law)
    if "acceptance" in law["duties"]:
        flags |= desk.walk.flags & {"decided_without_acceptance"}
    if "answer_date" in law["duties"]:
        flags |= own_flags(desk) & {"correction_response_overdue"}
    return sorted(flags)


def of_suspensions(desk: Desk, acts: list[Act], law: Json) -> set[str]:
    """Of which suspensions the applicant was not informed, and which lasted longer than was said."""
    delays, still, flags = list[Delay](), dict[str, Delay](), set[str]()
    for act in acts:
        if act in desk.walk.ends:
            for delay in still.values():
                delay.until = delay.until or act
        if desk.walk.begun is None or act.place <= desk.walk.begun.place:
            continue
        sid = act.details.get("sid", "")
        waiting = still.get(sid)
        if waiting is not None and waiting.term is not None and waiting.term < act.day:
            waiting = still.pop(sid) and None  # the clock runs again by itself (D2)
        if act.kind == "suspend" and waiting is None:
            still[sid] = Delay(act, last_of_term(desk, act, law), dead=desk.walk.is_over_at(act))
            delays.append(still[sid])
            if act.details.get("notified") is False and is_owed(law, "suspension_notice", act):
                flags.add(f"suspend_not_notified:{sid}")
        elif act.kind == "resume" and waiting is not None:
            still.pop(sid).until = waiting.until or act
    long = [delay for delay in delays if is_too_long(desk, delay, law)]
    return flags | {f"suspension_overrun:{delay.since.details['sid']}" for delay in long}


def is_owed(law: Json, duty: str, act: Act) -> bool:
    grounds = law["duties"].get(duty)
    return grounds is not None and (not grounds or act.details["reason"] in grounds)


def is_too_long(desk: Desk, delay: Delay, law: Json) -> bool:
    """Whether it took out a day after the last one that was named; one that ends with its term never does."""
    named = delay.since.details.get("planned_until")
    ground = law["grounds"].get(delay.since.details["reason"], {})
    ends_with_term = ground.get("suspension_ends", "on_answer") != "on_answer"
    if named is None or delay.dead or ends_with_term or not is_owed(law, "suspension_length", delay.since):
        return False
    last = desk.today
    if delay.until is not None:
        last = delay.until.day - desk.rule["suspension_day_rule"].endswith(")")
    return last > date.fromisoformat(named).toordinal()


def last_of_term(desk: Desk, act: Act, law: Json) -> int | None:
    """The last day of the term of a suspension that ends with it: as it was set, else as the law has it."""
    ground = law["grounds"].get(act.details["reason"], {})
    if ground.get("suspension_ends", "on_answer") == "on_answer":
        return None
    named = act.details.get("planned_until")
    by_hand = None if named is None else max(date.fromisoformat(named).toordinal(), act.day)
    if ground.get("term") is None:
        return by_hand
    by_law = day_after(desk, act.day, ground)
    return by_law if by_hand is None or (ground.get("term_is_limit") and by_law < by_hand) else by_hand


def day_after(desk: Desk, day: int, ground: Json) -> int:
    """The last day of the law's own term, which begins with the day after *day*."""
    left, unit = ground["term"], ground.get("term_unit", "working_day")
    if unit == "month":
        return months_after(date.fromordinal(day), left)[0].toordinal()
    while left:
        day += 1
        left -= unit == "calendar_day" or desk.days.work(day)
    return day
