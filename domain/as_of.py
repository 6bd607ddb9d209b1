"""Bitemporal as-of: the entries in effect at *t*, as known at *known*, with corrections applied."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import structs

from domain.messages import Entry, corrections


def settled(entries: Sequence[Entry], t: datetime, known: datetime) -> list[Entry]:
    """The *entries* of one project, in version order, that were recorded by *known* and took effect by *t*.

    Corrections recorded by *known* are applied: retracted entries are left out, amended ones carry their new time.
    Folding the result gives the state at *t*.
    """
    recorded = [entry for entry in entries if entry.recorded_at <= known]
    corrected = corrections(recorded)
    happened = (
        structs.replace(entry, occurred_at=corrected.amended[entry.version].astimezone(UTC))
        if entry.version in corrected.amended
        else entry
        for entry in recorded
        if entry.version not in corrected.retracted
    )
    return [entry for entry in happened if entry.occurred_at <= t]
