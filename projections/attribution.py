"""归因 attribution: every day of every application of a project, given to whoever had the case that day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from domain.law.attribution import HeldDay, Holder, held_days
from domain.vocabulary import Entry
from projections.law_events import Laws, item_histories, rule_of
from projections.readings import book_of


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
    """Who had what of a project on which day up to *as_of*, as known at *known_at* (default: *as_of*).

    Without applications whose law counts otherwise than in working days.
    """
    known = as_of if known_at is None else known_at
    found = []
    for (item, application), history in item_histories(entries, known).items():
        rule = rule_of(history, laws)
        if rule is None:
            continue
        days = held_days(rule, history.events, book_of(laws.pack(history.law), laws), as_of, known)
        working = Counter(one.holder for one in days if one.working)
        whole = Counter(one.holder for one in days)
        found.append(Attribution(item, application, history.department, days, dict(working), dict(whole)))
    return found
