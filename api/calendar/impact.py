"""What a command on a calendar would do: the clocks that its notice moves, counted before anything is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from api.commands.aggregates import AggregateEffect, expected
from api.law.routes import today_of
from domain.calendar.notice import NoticeWithdrawn
from domain.calendar.state import Calendar, stream_of
from domain.law.calendar.calendar import Notice
from domain.messages import Entry
from domain.streams import replay
from infrastructure.calendar.notice_impact import Preview, preview
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals, CommandPreview


class CalendarEffect(AggregateEffect, frozen=True, kw_only=True):
    """*impact*: the clocks that move once the notice of the command is applied; null where it is withdrawn."""

    impact: Preview | None


async def calendar_effect(approvals: Approvals, laws: LawBook, name: str, seen: CommandPreview) -> CalendarEffect:
    """The effect of the command of *seen* on the calendar *name*."""
    notice = notice_in(name, [*seen.before, *seen.added])
    impact = await impact_of(approvals, laws, name, notice, seen.added[-1].recorded_at) if notice else None
    return CalendarEffect(name=name, impact=impact, **expected(seen))


async def impact_of(approvals: Approvals, laws: LawBook, name: str, notice: Notice, now: datetime) -> Preview:
    """The clocks that *notice* would move if it were applied to the calendar *name* at *now*."""
    return await preview(approvals.store, laws, name, notice, now, today_of(laws, name, now))


def notice_in(name: str, entries: Sequence[Entry]) -> Notice | None:
    """The notice that the last of *entries* is about; None where that withdraws it."""
    fact = entries[-1].fact
    state = replay(stream_of(name), entries)
    if isinstance(fact, NoticeWithdrawn) or not isinstance(state, Calendar):
        return None
    code: str = getattr(fact, "notice", "")
    return state.notices[code].notice
