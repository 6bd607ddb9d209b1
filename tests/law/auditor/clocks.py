"""The auditor's clocks of the procedure: which ones were set going, by what, and what ended them (B4, B5, B6, B9.7)."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.law.auditor.clock import Clock, Desk, level, read, text
from tests.law.auditor.intake import Acceptance, Walk
from tests.law.auditor.record import Act

Json = dict[str, Any]


def intake(desk: Desk) -> dict[str, Json]:
    """The rounds, which nothing suspends; one that silence has answered has lapsed."""
    walk, result = desk.walk, {}
    for number, turn in enumerate(walk.rounds, 1):
        silent = turn.answer is None and walk.open is not turn
        clock = Clock(turn.opened, turn.start, turn.minute, desk.rule["intake_days"], turn.answer, turn.voided)
        clock.silence = "lapsed" if silent else "overdue"
        result[f"intake#{number}"] = read(desk, clock)
    return result


def review(desk: Desk, acts: list[Act]) -> dict[str, Clock]:
    """Lower review, decision and promise: what runs from the acceptance until the decision."""
    walk, rule = desk.walk, desk.rule
    clocks: dict[str, Clock] = {}
    accepted = walk.acceptance
    if accepted is None:
        return clocks
    statutory = rule["statutory_suspend_reasons"]
    begins: Act | None = accepted.since
    if rule["mode"] == "lower_review":
        lower = from_acceptance(accepted, rule["lower_review"]["days"], statutory)
        ended = walk.end_of_review()
        forwarded = first(acts, "forwarded", accepted)
        in_time = forwarded is not None and (ended is None or forwarded.place < ended.place)
        lower.end(forwarded if in_time else walk.decided, ended)  # B9.7
        clocks["lower_review"] = lower
        begins = first(acts, "upper_received", accepted)
        if begins is not None and (ended is None or begins.place < ended.place):
            clocks["decision"] = Clock(begins, begins.day, begins.minute, rule["decision"]["days"], reasons=statutory)
    else:
        clocks["decision"] = from_acceptance(accepted, rule["decision"]["days"], statutory)
    if rule["commitment"] is not None:
        promised = rule["commitment_suspend_reasons"]
        clocks["commitment"] = from_acceptance(accepted, rule["commitment"]["days"], promised)
        clocks["commitment"].card = "yellow"
    for name in clocks.keys() - {"lower_review"}:
        clocks[name].end(walk.decided, walk.end_of_review())
    return clocks


def from_acceptance(accepted: Acceptance, length: int, reasons: list[str]) -> Clock:
    return Clock(accepted.since, accepted.start, accepted.minute, length, reasons=reasons)


def first(acts: list[Act], kind: str, accepted: Acceptance) -> Act | None:
    """The first act of its kind that followed the acceptance (B3.8)."""
    return next((act for act in acts if act.kind == kind and accepted.is_followed_by(act)), None)


def after_acceptance(desk: Desk, acts: list[Act]) -> dict[str, Clock]:
    """The days in which papers tolerated as missing have to come: the applicant's own."""
    walk = desk.walk
    act = walk.accepting
    cure = act.details.get("cure_days") if act else None
    if act is None or cure is None:
        return {}
    clock = Clock(act, act.day, act.minute, cure, of_agency=False, coloured=False, card="none")
    papers = next((later for later in acts if later.kind == "papers_received" and later.place > act.place), None)
    clock.end(papers, walk.end_after(act))
    return {"tolerance_cure": clock}


def after_decision(desk: Desk, acts: list[Act]) -> dict[str, Clock]:
    """Delivery and the check of an undertaking: grants only; a withdrawal alone ends them (B3.8, B9.1)."""
    walk, rule = desk.walk, desk.rule
    decided = walk.decided
    if decided is None or decided.details["outcome"] != "granted":
        return {}
    delivery = Clock(decided, decided.day, decided.minute, rule["delivery_days"])
    delivery.end(walk.delivered, walk.withdrawn)
    clocks = {"delivery": delivery}
    months = rule.get("post_check_months", 0)
    if months and decided.details.get("on_undertaking"):
        last = desk.days.first_from(months_later(decided.day, months))
        check = Clock(decided, decided.day, decided.minute, desk.days.between(decided.day, last), card="none")
        checked = next((act for act in acts if act.kind == "checked" and act.place > decided.place), None)
        check.end(checked, walk.withdrawn)
        clocks["post_check"] = check
    return clocks


def months_later(day: int, months: int) -> int:
    """The corresponding day, or the last one of a month that has none such (Civil Code 202)."""
    begun = date.fromordinal(day)
    years, month = divmod(begun.month - 1 + months, 12)
    for number in range(begun.day, 0, -1):
        try:
            return date(begun.year + years, month + 1, number).toordinal()
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def filed_on(walk: Walk) -> int | None:
    """The day on which the application was there at the latest: its receipt, or what else it is known by."""
    if walk.rounds:
        return walk.rounds[0].start
    return walk.begun.day if walk.begun else None


def guard(desk: Desk) -> Json | None:
    """The clock of a licence about to expire: it ends with the licence's last day (B9.6, B9.7)."""
    walk, rule = desk.walk, desk.rule
    accepted, filed = walk.acceptance, filed_on(walk)
    if rule["licence_expiry"] is None or accepted is None or filed is None:
        return None
    expiry = date.fromisoformat(rule["licence_expiry"]).toordinal()
    stop = walk.end_of_review()
    remaining = desk.days.between(stop.day if stop else desk.today - 1, expiry)
    near = rule["renewal"]["yellow_days"]
    state = guard_state(desk, expiry, timely=filed <= expiry - rule["renewal"]["file_before_days"])
    return {
        "start": text(accepted.start),
        "length": None,
        "due": text(expiry),
        "earliest_due": None,
        "yellow_from": None,
        "used": None,
        "remaining": remaining,
        "overdue_days": 0,
        "state": state,
        "level": level(state, near=remaining <= near),
        "provisional": desk.days.are_guessed(expiry),
    }


def guard_state(desk: Desk, expiry: int, *, timely: bool) -> str:
    walk = desk.walk
    stop = walk.end_of_review()
    over = (stop.day if stop else desk.today) > expiry
    if over and ((stop is not None and stop is walk.decided) or walk.silence_proves(expiry)):
        return "deemed" if timely else "lapsed"  # a decision dated later proves the silence before it
    if stop is not None:
        if stop is not walk.decided:
            return "void"
        return "met"
    return "unconfirmed" if over else "running"
