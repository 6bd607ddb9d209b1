"""How a kept clock stands at any instant after the project's last event: the row made into the outlook it came from."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.law.licensing.clock import Clock, State
from domain.law.licensing.forecast import Outlook
from domain.law.licensing.licence_guard import GuardOutlook
from domain.law.licensing.renewal import RENEWAL_GUARD
from domain.law.licensing.rule import Rule
from projections.clocks.law_events import usual_rule
from projections.clocks.reading import WORKING_DAY, Reading, suable
from projections.clocks.rows import UNCOLOURED, ClockRow, begin_of
from projections.reader import Laws

NAME_ENDS = re.compile("[#:]")  # what follows in a clock's name tells it from others of its kind


def reading_of(row: ClockRow, laws: Laws, t: datetime, known: datetime) -> Reading | None:
    """The row's clock at *t*; the calendar known at *known* is the one it was counted with.

    None where it has to be read from the events, as a general clock counts it, or does not exist at *t*.
    """
    pack = laws.pack(row.law)
    rule = usual_rule(laws, row.law, row.mode)
    if rule is None or (row.exists_at is not None and t < row.exists_at):
        return None
    guard = row.clock == RENEWAL_GUARD.name
    outlook = guard_of(row, rule) if guard else outlook_of(row, rule)
    zone = ZoneInfo(pack.zone)
    calendar = laws.calendar(pack, known.astimezone(zone).date())
    clock = outlook.on(t.astimezone(zone).date(), calendar)
    if clock is None:
        return None
    warned = clock.state is State.RUNNING and row.level != UNCOLOURED and row.yellow_on is not None
    yellow_at = begin_of(row.yellow_on, pack.zone) if warned and row.yellow_on else None
    return suable(_reading(row, clock, yellow_at), laws, known).announced(row.announced_on)


def _reading(row: ClockRow, clock: Clock, yellow_at: datetime | None) -> Reading:
    return Reading(
        item=row.item,
        application=row.application,
        clock=row.clock,
        department=row.department,
        mode=row.mode,
        node=row.node,
        live=row.live,
        state=clock.state,
        level=clock.level,
        start_on=clock.start,
        length=clock.length,
        unit=WORKING_DAY,
        due_on=clock.due,
        earliest_due_on=clock.earliest_due,
        yellow_on=row.yellow_on,
        used=clock.used,
        remaining=clock.remaining,
        overdue_days=clock.overdue_days,
        closed=row.closed,
        yellow_at=yellow_at,
        over_at=row.over_at,
        provisional=clock.provisional,
        article=clock.article,
        law=row.law,
    )


def guard_of(row: ClockRow, rule: Rule) -> GuardOutlook:
    """The same of the guard of a licence's last day."""
    return GuardOutlook(
        start=row.start_on,
        due=row.due_on or row.start_on,
        yellow_from=row.yellow_on or row.start_on,
        yellow_days=rule.renewal.yellow_days,
        state=State(row.state),
        over=State(row.over_state) if row.over_state else None,
        article=rule.article(RENEWAL_GUARD.name),
        stopped_on=row.stopped_on,
    )


def outlook_of(row: ClockRow, rule: Rule) -> Outlook:
    """The outlook that the row was made from, once it exists."""
    return Outlook(
        name=row.clock,
        article=rule.article(NAME_ENDS.split(row.clock, 1)[0]),
        start=row.start_on,
        length=row.length or 0,
        extended=0,
        due=row.due_on,
        yellow_from=row.yellow_on,
        threshold=rule.yellow.threshold(row.length or 0),
        coloured=row.level != UNCOLOURED,
        state=State(row.state),
        over=State(row.over_state) if row.over_state else None,
        used=row.used,
        counted_through=row.counted_through,
        paused_from=row.paused_from,
        resume_day_out=rule.resume_day_out,
        stopped_on=row.stopped_on,
        exists_from=None,
    )
