"""When an entry takes effect for the clocks: as recorded, but for questions whose ground became known late."""

from __future__ import annotations

from datetime import datetime

from domain.project.asking import CountersignatureAsked
from domain.project.countersignature import ItemCountersigned
from domain.project.recall import CountersignatureRecalled
from domain.project.referral import CountersignatureForwarded
from domain.project.round import ApplicationRevised, OpinionKept
from domain.vocabulary import Entry


def effective(told_at: dict[tuple[str, str], datetime], entry: Entry, *, counts: bool) -> datetime:
    """When *entry* took effect for the clocks.

    A question whose ground was recorded late starts its clock when it was asked. What was done about it on paper before
    that, and is keyed in now, ends the clock where it starts. *told_at* holds when each department was last asked at a
    step, and learns of this entry unless it was retracted (not *counts*).
    """
    fact, at = entry.fact, entry.occurred_at
    match fact:
        case CountersignatureAsked(department=department, step=step, asked_at=asked_at):
            at = asked_at or at
            if counts:
                told_at[department, step] = at
        case ItemCountersigned() | CountersignatureRecalled() | CountersignatureForwarded() | OpinionKept():
            at = max(at, told_at.get((fact.department, fact.step), at))
        case ApplicationRevised():
            at = max((at, *told_at.values()))
    return at
