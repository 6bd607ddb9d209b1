"""延续 on a project's page: the licence that an item is to renew, and what became of it by its last day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from domain.law.calendar.moment import next_day
from domain.law.licensing.clock import State
from domain.law.licensing.renewal import RENEWAL_GUARD
from domain.project.state.project import Project
from projections.clocks.reading import ItemReading, Reading

FILED_LATE = "renewal_filed_late"
WORDS = {State.DEEMED: "renewed", State.LAPSED: "lapsed"}


class ShownRenewal(Struct, frozen=True):
    """One licence to be renewed: valid through *last*; *state* is "renewing", "renewed" by silence, or "lapsed".

    *since*: from when it is renewed, or valid no longer; None before. *late*: applied for too late to be renewed by
    silence.
    """

    number: str
    last: date
    state: str
    since: date | None
    late: bool


def renewals_in(project: Project, readings: Sequence[ItemReading]) -> dict[str, ShownRenewal]:
    """By item: what each that renews a licence came to, as its clocks were read."""
    renewals = {}
    for reading in readings:
        item = project.items.get(reading.item)
        if item is None or item.renews is None or reading.application != item.application:
            continue
        last = item.renews.valid_through
        guard = next((clock.state for clock in reading.clocks if clock.clock == RENEWAL_GUARD.name), None)
        word = WORDS.get(guard, "renewing") if guard else "renewing"
        since = next_day(last) if word != "renewing" else None
        renewals[reading.item] = ShownRenewal(item.renews.number, last, word, since, FILED_LATE in reading.flags)
    return renewals


def is_renewed(reading: Reading) -> bool:
    """Whether the clock is that of a licence which silence has renewed: it runs no longer, and the item says so."""
    return reading.clock == RENEWAL_GUARD.name and reading.state is State.DEEMED
