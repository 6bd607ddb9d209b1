"""An auditor of the working-day clocks: a second reading of the rule book that shares no code with the first.

It takes a golden vector's rule, events and question as plain JSON and answers as the vector does. It looks at every day
by itself, and reads the record several times over: first the main acts, and then, knowing whether and as of when the
application was accepted, everything else. It is slow, and meant to be plainly right.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.law.auditor.acts import extend, suspend
from tests.law.auditor.calendar import days_known
from tests.law.auditor.clock import BROKEN, Clock, Desk, read, text
from tests.law.auditor.clocks import after_acceptance, after_decision, filed_on, guard, intake, review
from tests.law.auditor.intake import Walk
from tests.law.auditor.record import acts_of, instant, local
from tests.law.auditor.sides import Consultations, Hearing

Json = dict[str, Any]


def audit(rule: Json, events: list[Json], calendar: Json, t: str, known: str | None = None) -> Json:
    """The state at *t* by what was known at *known*: the `expect` of a golden vector."""
    now, knew = instant(t), instant(known or t)
    acts = acts_of(events, rule["zone"], now, knew)
    today = local(now, rule["zone"]).toordinal()
    walk = Walk(rule, days_known(calendar, local(knew, rule["zone"]).date()))
    walk.through(acts, today)
    desk = Desk(walk, today)
    flags = walk.flags | suspend(desk, acts)
    clocks = review(desk, acts)
    flags |= extend(desk, acts, clocks)
    clocks |= after_acceptance(desk, acts) | after_decision(desk, acts)
    consultations = Consultations(desk, acts)
    clocks |= {f"countersign:{name}": clock for name, clock in consultations.clocks.items()}
    hearing = Hearing(desk, acts)
    clocks |= hearing.clocks()
    flags |= consultations.flags | hearing.flags | own_flags(desk)
    return answer(desk, clocks, flags)


def own_flags(desk: Desk) -> set[str]:
    """What no single act gives rise to: the applicant's answer is late, the renewal was asked for too late."""
    walk, flags = desk.walk, set()
    respond_by = walk.notice.details.get("respond_by") if walk.notice else None
    if respond_by is not None and desk.today > date.fromisoformat(respond_by).toordinal():
        flags.add("correction_response_overdue")
    filed, expiry = filed_on(walk), desk.rule["licence_expiry"]
    if filed is not None and expiry is not None:
        last = date.fromisoformat(expiry).toordinal() - desk.rule["renewal"]["file_before_days"]
        if filed > last:
            flags.add("renewal_filed_late")
    return flags


def answer(desk: Desk, clocks: dict[str, Clock], flags: set[str]) -> Json:
    """Everything in the shape of a golden vector."""
    walk = desk.walk
    read_clocks = intake(desk)
    cards = {"red" for clock in read_clocks.values() if clock["state"] in BROKEN}
    for name, clock in clocks.items():
        read_clocks[name] = read(desk, clock)
        if read_clocks[name]["state"] in BROKEN:
            cards.add(clock.card)
    deemed = None
    renewal = guard(desk)
    if renewal is not None:
        read_clocks["renewal_guard"] = renewal
        if renewal["state"] in BROKEN:
            cards.add("red")
        if renewal["state"] == "deemed":
            last = date.fromisoformat(renewal["due"]).toordinal()
            deemed = {"kind": "renewed", "from": text(last + 1)}
    accepted = walk.acceptance
    return {
        "item_state": walk.state(),
        "acceptance": None if accepted is None else {"kind": accepted.kind, "date": text(accepted.date)},
        "deemed": deemed,
        "card": next((card for card in ("red", "yellow") if card in cards), "none"),
        "flags": sorted(flags),
        "clocks": read_clocks,
    }
