"""The course of an item by days: all that what becomes of its clocks depends on, to look up what was counted before.

Days are counted from the local date of an act, and on the date alone: the minute only decides whether business was over
(B5.1), and otherwise the order of the acts.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from operator import attrgetter
from typing import Any, TypeAlias, get_args
from zoneinfo import ZoneInfo

from domain.law.calendar.moment import MINUTES_PER_HOUR, local_time
from domain.law.licensing.event import LawEvent
from domain.law.licensing.happening import Happening
from domain.law.licensing.rule import Rule

Course: TypeAlias = tuple[Hashable, ...]


def _no_terms(_: Any) -> None:
    """The terms of an event that has none."""


def _terms_of(kind: type[Happening]) -> Callable[[Any], Hashable]:
    """What an event of *kind* says beside when it happened and was recorded."""
    names = kind.__struct_fields__[len(Happening.__struct_fields__) :]
    return attrgetter(*names) if names else _no_terms


TERMS: Mapping[type[Any], Callable[[Any], Hashable]] = {kind: _terms_of(kind) for kind in get_args(LawEvent)}


def course_by_days(events: Iterable[LawEvent], rule: Rule) -> Course | None:
    """The acts in their order, each with its terms, its local day and whether business was over.

    None where they are not recorded in their order, or one of them is a correction.
    """
    zone, closing = ZoneInfo(rule.zone), rule.close_minute
    course: list[Hashable] = []
    before = None
    for event in events:
        at, kind = event.at, type(event)
        if event.corrects or (before is not None and at < before):
            return None
        local, before = local_time(at, zone), at
        is_closed = local.hour * MINUTES_PER_HOUR + local.minute >= closing
        course += (kind, TERMS[kind](event), local.toordinal(), is_closed)
    return tuple(course)
