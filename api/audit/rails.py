"""时间轴 every fact on two rails: when it happened above, when it was recorded below, slanted where these differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from api.web.entries import ShownEntry

WIDTH_PX, MARGIN_PX = 1120, 12
LATER_SECONDS = 3600  # a fact that was recorded within the hour was recorded at once


class RailMark(Struct, frozen=True):
    """One fact: where it happened and where it was recorded on the rails, in pixels from the left."""

    entry: ShownEntry
    happened_x: float
    recorded_x: float
    is_later: bool


class Rails(Struct, frozen=True):
    """The marks, and the instants at both ends."""

    marks: list[RailMark]
    first: datetime
    last: datetime


def rails_of(entries: Sequence[ShownEntry]) -> Rails:
    """The rails of *entries*, of which there is at least one."""
    instants = [at for entry in entries for at in (entry.amended_to or entry.occurred_at, entry.recorded_at)]
    first, last = min(instants), max(instants)
    length = (last - first).total_seconds() or 1

    def x(at: datetime) -> float:
        return round(MARGIN_PX + (at - first).total_seconds() / length * (WIDTH_PX - 2 * MARGIN_PX), 1)

    marks = []
    for entry in entries:
        happened = entry.amended_to or entry.occurred_at
        is_later = (entry.recorded_at - happened).total_seconds() > LATER_SECONDS
        marks.append(RailMark(entry, x(happened), x(entry.recorded_at), is_later))
    return Rails(marks, first, last)
