"""When an entry takes effect for the clocks: as recorded, but for questions, and what was done about them.

What is done about a question depends on when that was asked, so a correction of the one may move the other as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from domain.law.event import Amend, LawEvent
from domain.law.outlook import DISTANT
from domain.law.timeline import Timeline
from domain.ledger import Fact
from domain.project.asking import CountersignatureAsked
from domain.project.countersignature import ItemCountersigned
from domain.project.recall import CountersignatureRecalled
from domain.project.referral import CountersignatureForwarded
from domain.project.round import ApplicationRevised, OpinionKept
from domain.vocabulary import Entry, corrections

IDS = tuple(f"v{version}" for version in range(2048))  # shared by all projects: most have a few hundred entries
ABOUT_QUESTIONS: frozenset[type[Fact]] = frozenset(
    (
        *(CountersignatureAsked, ItemCountersigned, CountersignatureRecalled, CountersignatureForwarded),
        *(OpinionKept, ApplicationRevised),
    )
)


def id_of(version: int) -> str:
    """What the law calls the event that an entry is."""
    return IDS[version] if version < len(IDS) else f"v{version}"


def effective(told_at: dict[tuple[str, str], datetime], entry: Entry, *, counts: bool) -> datetime:
    """When *entry* took effect for the clocks.

    A question whose ground was recorded late starts its clock when it was asked, not before. What was done about it on
    paper before that, and is keyed in now, ends the clock where it starts. *told_at* holds when each department was
    last asked at a step, and learns of this entry unless it was retracted (not *counts*).
    """
    fact, at = entry.fact, entry.occurred_at
    match fact:
        case CountersignatureAsked(department=department, step=step, asked_at=asked_at):
            at = max(at, asked_at or at)
            if counts:
                told_at[department, step] = at
        case ItemCountersigned() | CountersignatureRecalled() | CountersignatureForwarded() | OpinionKept():
            at = max(at, told_at.get((fact.department, fact.step), at))
        case ApplicationRevised():
            at = max((at, *told_at.values()))
    return at


def moved_along(
    events: Sequence[LawEvent], told_at: dict[tuple[str, str], datetime], entries: Sequence[Entry]
) -> list[LawEvent]:
    """What the correction that is the last of *entries* moves without naming it, as amendments recorded with it.

    *events* are those of one application, the correction among them. *told_at* is told what holds after it.
    """
    names = {event.id for event in events}
    about = [one for one in entries if type(one.fact) in ABOUT_QUESTIONS and id_of(one.version) in names]
    if not about:
        return []
    settled, correction = corrections(entries), entries[-1]
    stand = {event.id: at for at, event, _ in Timeline("UTC", events).by(DISTANT, DISTANT)}
    told_at.clear()
    moved: list[LawEvent] = []
    for entry in about:
        if entry.version in settled.retracted:
            continue
        said_at = settled.amended.get(entry.version, entry.occurred_at)
        name = id_of(entry.version)
        at = effective(told_at, structs.replace(entry, occurred_at=said_at), counts=True)
        if at != stand[name]:
            moved.append(
                Amend(
                    id=f"{id_of(correction.version)}:{name}",
                    at=correction.occurred_at,
                    recorded_at=correction.recorded_at,
                    target=name,
                    new_at=at,
                )
            )
    return moved
