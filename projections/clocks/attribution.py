"""归因 attribution: every day of every application of a project, given to whoever had the case that day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from domain.law.attribution import HeldDay, Holder, held_days
from domain.law.calendar.moment import local_day
from domain.law.generic.attribution import general_held_days
from domain.law.licensing.timeline import Timeline
from domain.messages import Entry
from projections.clocks.law_events import ItemHistory, item_histories, rule_of
from projections.clocks.reading import book_of, general_terms
from projections.reader import Laws


class Attribution(Struct, frozen=True):
    """One application: its days, and how many working days and calendar days each holder had it, zeros left out."""

    item: str
    application: int
    department: str
    days: tuple[HeldDay, ...]
    working_days: dict[Holder, int]
    calendar_days: dict[Holder, int]


def attribution(
    entries: Sequence[Entry], laws: Laws, as_of: datetime, known_at: datetime | None = None
) -> list[Attribution]:
    """Who had what of a project on which day up to *as_of*, as known at *known_at* (default: *as_of*)."""
    known = as_of if known_at is None else known_at
    found = []
    for (item, application), history in item_histories(entries, known).items():
        if not history.law:
            continue
        days = _days(history, laws, as_of, known)
        working = Counter(one.holder for one in days if one.working)
        whole = Counter(one.holder for one in days)
        found.append(Attribution(item, application, history.department, days, dict(working), dict(whole)))
    return found


def _days(history: ItemHistory, laws: Laws, as_of: datetime, known: datetime) -> tuple[HeldDay, ...]:
    pack, rule = laws.pack(history.law), rule_of(history, laws)
    if rule is not None:
        return held_days(rule, history.events, book_of(pack, laws), as_of, known)
    terms = general_terms(history, laws, local_day(known, pack.zone))
    return tuple(general_held_days(terms, Timeline(pack.zone, history.events), as_of, known))
