"""The reading of a stored clock's row at any instant after the project's last event."""

from __future__ import annotations

from datetime import datetime

from projections.clocks.procedures import usual_procedure
from projections.clocks.reading import Reading, reading_of
from projections.clocks.rows import ClockRow, forecast_in
from projections.reader import Laws


def reading_in(row: ClockRow, laws: Laws, t: datetime, known: datetime) -> Reading | None:
    """The row's clock at *t*; the calendar known at *known* is the one it was counted with.

    None where it has to be read from the events, or does not exist at *t*.
    """
    clock = usual_procedure(laws, row.law, row.mode).recall(forecast_in(row), t, known)
    if clock is None:
        return None
    return reading_of(
        clock,
        item=row.item,
        application=row.application,
        department=row.department,
        mode=row.mode,
        node=row.node,
        live=row.live,
        law=row.law,
    ).announced(row.announced_on)
