"""The auditor's judgement of suspensions and extensions: what took effect, and the flags of what did not (B7, B8)."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.law.auditor.clock import Clock, Desk, Pause, due_day, taken_out
from tests.law.auditor.record import Act

Json = dict[str, Any]

EXTENDABLE = ("decision", "commitment", "lower_review")


def suspend(desk: Desk, acts: list[Act]) -> set[str]:
    """Put every suspension on the desk; the flags they give rise to."""
    walk, flags = desk.walk, set[str]()
    still: dict[str, Pause] = {}
    for act in acts:
        if act in walk.ends:
            for pause in still.values():
                pause.until = pause.until or act  # B7.8: it ends then, though its resumption may be recorded later
        if walk.begun is None or act.place <= walk.begun.place:
            continue
        if act.kind == "suspend":
            flags |= begin(desk, act, still)
        elif act.kind == "resume" and act.details["sid"] in still:
            pause = still.pop(act.details["sid"])
            pause.until = pause.until or act
        elif act.kind == "resume":
            flags.add("resume_without_suspend")
    return flags | {f"suspension_overrun:{pause.sid}" for pause in desk.pauses if overran(desk, pause)}


def begin(desk: Desk, act: Act, still: dict[str, Pause]) -> set[str]:
    """One suspension begins, unless it is open already (B7.10)."""
    sid, reason = act.details["sid"], act.details["reason"]
    if sid in still:
        return {"duplicate_suspend"}
    still[sid] = Pause(sid, reason, act, None, act.details.get("planned_until"), desk.walk.is_over_at(act))
    desk.pauses.append(still[sid])
    flags = set()
    if reason not in desk.rule["statutory_suspend_reasons"]:
        flags.add(f"suspend_no_statutory_ground:{reason}")
    if act.details.get("notified") is False:
        flags.add(f"suspend_not_notified:{sid}")
    return flags


def overran(desk: Desk, pause: Pause) -> bool:
    """Whether it has taken out more days than announced to the applicant (B7.9); one still open is in force today."""
    if pause.planned_until is None or pause.dead:
        return False
    last = desk.today
    if pause.until is not None:
        last = pause.until.day - (desk.rule["suspension_day_rule"][-1] == ")")
    return last > date.fromisoformat(pause.planned_until).toordinal()


def extend(desk: Desk, acts: list[Act], clocks: dict[str, Clock]) -> set[str]:
    """Lengthen the clocks by every extension that took effect; the flags of all of them (B8)."""
    flags, extended = set(), set[str]()
    for act in acts:
        if act.kind != "extension":
            continue
        name = act.details.get("clock", "decision")
        fault = fault_of(desk, act, clocks.get(name) if name in EXTENDABLE else None, again=name in extended)
        if fault is not None:
            flags.add(f"{fault}:{name}")
            continue
        extended.add(name)
        clocks[name].length += act.details["days"]
        if act.details.get("notified") is False:
            flags.add(f"extension_not_notified:{name}")
    return flags


def fault_of(desk: Desk, act: Act, clock: Clock | None, *, again: bool) -> str | None:
    """Why an extension is void, in the order in which B8.2 tests it."""
    rounds = desk.walk.rounds
    if clock is None or not clock.runs_at(act) or (rounds and act.place < rounds[0].opened.place):
        return "extension_outside_clock"
    if again:
        return "extension_repeated"
    if act.details["days"] > desk.rule[act.details.get("clock", "decision")]["max_extension"]:
        return "extension_exceeds_limit"
    due = due_day(desk, clock, taken_out(desk, clock, None, act.place))
    return "extension_late" if due is not None and act.day > due else None
