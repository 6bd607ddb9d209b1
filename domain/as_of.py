"""What had happened by an instant, as was known at another: the entries that count then, at the times they count at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import structs

from domain.messages import Entry, corrections


def settled(entries: Sequence[Entry], t: datetime, known: datetime) -> list[Entry]:
    """Those of *entries*, of one project in version order, that were recorded by *known* and happened by *t*.

    Corrections recorded by *known* are settled: what they retracted is left out, what they amended comes at its new
    time. So applying the rest, in order, leads to how things stood at *t*.
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
