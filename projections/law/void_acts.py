"""Whether an extension that is about to be recorded would lengthen its clock, by the clocks themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.core.ledger import Refused
from domain.messages import Entry
from domain.project.application.extension import LimitExtended, refused_as_void
from projections.clocks.law_events import item_histories
from projections.clocks.reading import Reading, read
from projections.reader import Laws


def void_extension(before: Sequence[Entry], drafted: Sequence[Entry], laws: Laws) -> Refused | None:
    """Why an extension among the *drafted* entries, which follow on those *before*, would be void; None if none is.

    It has effect if its clock is longer with it than without, by all that is known when it is recorded (B8.1).
    """
    for entry in drafted:
        fact = entry.fact
        if not isinstance(fact, LimitExtended) or not entry.recorded.law:
            continue
        at = max(entry.occurred_at, entry.recorded_at)
        without, longer = (_clock(entries, fact, laws, at) for entries in (before, [*before, *drafted]))
        if without is None or longer is None or (longer.length or 0) <= (without.length or 0):
            approved_on = entry.occurred_at.astimezone(ZoneInfo(laws.pack(entry.recorded.law).zone)).date()
            return refused_as_void(fact, approved_on, without.due_on if without else None)
    return None


def _clock(entries: Sequence[Entry], fact: LimitExtended, laws: Laws, at: datetime) -> Reading | None:
    """The clock that *fact* is about, in the item's last application; None where it had not begun at *at*."""
    histories = item_histories(entries)
    numbers = [number for item, number in histories if item == fact.item]
    item = read(histories[fact.item, max(numbers)], laws, at, at) if numbers else None
    return next((clock for clock in item.clocks if clock.clock == fact.clock), None) if item else None
