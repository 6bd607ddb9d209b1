"""归因 attribution: every day of every application of a project, given to the holder of the case that day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from domain.law.attribution import HeldDay, Holder
from domain.messages import Entry
from projections.clocks.law_events import item_histories
from projections.clocks.procedures import procedure_of
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
    """The holder of each application on each day up to *as_of*, as known at *known_at* (default: *as_of*)."""
    known = as_of if known_at is None else known_at
    attributions = []
    for (item, application), history in item_histories(entries, known).items():
        procedure = procedure_of(history, laws)
        if procedure is None:
            continue
        days = procedure.attribute(history, as_of, known)
        working = Counter(held.holder for held in days if held.working)
        whole = Counter(held.holder for held in days)
        attributions.append(Attribution(item, application, history.department, days, dict(working), dict(whole)))
    return attributions
