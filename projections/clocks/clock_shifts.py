"""What a calendar notice does to the clocks of a project: which move, by how many days, and which become certain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from domain.law.licensing.clock import State
from projections.clocks.law_events import Histories
from projections.clocks.reading import Reading, read
from projections.reader import Laws


class ClockShift(Struct, frozen=True, kw_only=True):
    """One clock before and after. Dates are the last days in time; of a suspended clock, if it resumed at once.

    *days* is by how many calendar days the date moves, negative where it comes earlier; None where there is a date on
    one side alone. A *closed* clock only changes its state: met instead of late, say. *announced_on* is what was
    announced to the applicant.
    """

    project: UUID
    item: str
    application: int
    clock: str
    department: str
    due_on_before: date | None
    due_on: date | None
    days: int | None
    provisional_before: bool
    provisional: bool
    state_before: State | None
    state: State | None
    closed: bool
    announced_on: date | None = None

    @property
    def becomes_firm(self) -> bool:
        """Whether the date was provisional and is certain now."""
        return self.provisional_before and not self.provisional

    @property
    def passes_announced(self) -> bool:
        """Whether it runs, and would end after the day announced to the applicant, which it did not before."""
        if self.closed or self.announced_on is None or self.due_on is None:
            return False
        return self.due_on > self.announced_on and not (self.due_on_before and self.due_on_before > self.announced_on)


def moves(
    project: UUID, histories: Histories, before: Laws, after: Laws, calendars: frozenset[str], t: datetime
) -> Iterator[ClockShift]:
    """The clocks of one project whose reading at *t* differs by the laws *after* from that by those *before*.

    *calendars* are those that differ; what is counted by others is skipped.
    """
    for history in histories.values():
        if not history.law or before.pack(history.law).calendar not in calendars:
            continue
        readings = [read(history, laws, t, t) for laws in (before, after)]
        was, now = ({clock.clock: clock for clock in item.clocks} if item else {} for item in readings)
        for name in {**was, **now}:
            move = move_of(project, was.get(name), now.get(name))
            if move is not None:
                yield move


def move_of(project: UUID, was: Reading | None, now: Reading | None) -> ClockShift | None:
    """The move of one clock; None where it is as before."""
    clock = now or was
    if clock is None or (was and now and _position(was) == _position(now)):
        return None
    before, after = due_of(was), due_of(now)
    return ClockShift(
        project=project,
        item=clock.item,
        application=clock.application,
        clock=clock.clock,
        department=clock.department,
        due_on_before=before,
        due_on=after,
        days=(after - before).days if before and after else None,
        provisional_before=was is not None and was.provisional,
        provisional=now is not None and now.provisional,
        state_before=was.state if was else None,
        state=now.state if now else None,
        closed=clock.closed,
        announced_on=clock.announced_on,
    )


def due_of(reading: Reading | None) -> date | None:
    """The last day in time; of a suspended clock, if it resumed at once."""
    return None if reading is None else reading.due_on or reading.earliest_due_on


def _position(reading: Reading) -> tuple[date | None, bool, State]:
    return due_of(reading), reading.provisional, reading.state
