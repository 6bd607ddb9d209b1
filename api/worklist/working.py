"""怎么算的 what the page of one clock is made of: its reading, and every day that counts or does not."""

from __future__ import annotations

from uuid import UUID

from domain.law.licensing.explain import Explanation
from projections.clocks.query import ClocksAt, NoSuchClockError
from projections.clocks.reading import Reading


async def reading_of(clocks: ClocksAt, project: UUID, item: str, clock: str, application: int = 0) -> Reading | None:
    """The clock as it is, of the last application unless one is named; None where none has started."""
    readings = (
        reading
        for of_item in await clocks.of_project(project)
        if of_item.item == item and application in (0, of_item.application)
        for reading in of_item.clocks
        if reading.clock == clock
    )
    return max(readings, key=lambda reading: reading.application, default=None)


async def explained(clocks: ClocksAt, project: UUID, reading: Reading) -> Explanation | None:
    """The clock day by day; None where it is counted in hours."""
    try:
        return await clocks.explained(project, reading.item, reading.clock, reading.application)
    except NoSuchClockError:
        return None
