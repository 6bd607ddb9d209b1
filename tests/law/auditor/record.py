"""The auditor's reading of the record: what is known of by an instant, as corrected, in its legal order (B1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

CORRECTIONS = ("amend", "retract")


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happened: its *place* in the legal order, its instant, local day and minute of the day."""

    place: int
    kind: str
    at: datetime
    day: int
    minute: int
    details: Json


def local(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone))


def minute_of(text: str) -> int:
    """Minutes since midnight of a time such as "17:30"."""
    return int(text[:2]) * 60 + int(text[3:])


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def acts_of(events: list[Json], zone: str, t: datetime, known: datetime) -> list[Act]:
    """What had happened by *t* as far as it was known at *known*, in the legal order (B1.1, B1.3, B1.4)."""
    known_events = [event for event in events if instant(event.get("recorded_at") or event["at"]) <= known]
    never, moved = corrections(known_events)
    happened = []
    for number, event in enumerate(known_events):
        if event["type"] in CORRECTIONS or number in never:
            continue
        at = moved.get(number) or instant(event["at"])
        if at <= t:
            happened.append((at, number, event))
    happened.sort(key=lambda act: act[:2])
    return [act_of(place, at, zone, event) for place, (at, _, event) in enumerate(happened)]


def act_of(place: int, at: datetime, zone: str, event: Json) -> Act:
    there = local(at, zone)
    return Act(place, event["type"], at, there.toordinal(), there.hour * 60 + there.minute, event)


def corrections(known_events: list[Json]) -> tuple[set[int], dict[int, datetime]]:
    """Which entries never happened, and which happened when.

    Read from the last to the first: a correction which was itself retracted is passed over, and of two amendments of
    one entry the later one is seen first.
    """
    never: set[int] = set()
    moved: dict[int, datetime] = {}
    numbers = {event["id"]: number for number, event in enumerate(known_events)}
    for number in reversed(range(len(known_events))):
        event = known_events[number]
        if event["type"] not in CORRECTIONS or number in never:
            continue
        target = numbers.get(event["target"], number)
        if target >= number:
            continue  # only what was recorded earlier can be corrected
        if event["type"] == "retract":
            never.add(target)
        else:
            moved.setdefault(target, instant(event["new_at"]))
    return never, moved
