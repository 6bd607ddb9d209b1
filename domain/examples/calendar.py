"""The story of one calendar: a tested example of every command of a calendar, and so of every fact.

Next year's notice is imported and applied, a sudden day off needs a second person, a wrong copy is withdrawn.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, structs

from domain.calendar.messages import CalendarCommand
from domain.calendar.notice import ApplyNotice, ApproveNotice, ImportNotice, WithdrawNotice
from domain.calendar.state import stream_of
from domain.core.context import Context
from domain.core.ledger import Actor, Recorded, Role
from domain.examples.people import BUREAU, moment
from domain.law.packs.pack import Pack
from domain.messages import Entry, tag_of
from domain.streams import decide, replay

CALENDAR = "CN"
HEAD = Actor("ma.jun", "zone-office", Role.LEADER)
NEXT_YEAR = ImportNotice(
    calendar=CALENDAR,
    notice="CN-2027-example",
    published=date(2026, 5, 11),
    covers_to=date(2027, 12, 28),
    papers=("https://www.gov.cn/zhengce/example-2027.htm",),
    days={date(2027, 1, 1): 0, date(2027, 2, 5): 0, date(2027, 2, 8): 0, date(2027, 2, 20): 1, date(2027, 10, 1): 0},
    title="国务院办公厅关于2027年部分节假日安排的通知（示例）",
)
SUDDEN = ImportNotice(
    calendar=CALENDAR,
    notice="CN-2026-example",
    published=date(2026, 4, 3),
    papers=("https://www.gov.cn/zhengce/example-2026.htm",),
    days={date(2026, 4, 3): 0, date(2026, 4, 11): 1},
    title="关于临时放假的通知（示例）",
)
TYPED_WRONGLY = ImportNotice(
    calendar=CALENDAR,
    notice="CN-2026-mistake",
    published=date(2026, 4, 3),
    papers=SUDDEN.papers,
    days={date(2026, 4, 30): 0},
)


class CalendarStep(Struct, frozen=True):
    """One command of the story with its actor and time."""

    at: datetime
    by: Actor
    command: CalendarCommand

    @property
    def dated(self) -> CalendarCommand:
        """The command with its occurred_at, as sent today to record it at that time."""
        return structs.replace(self.command, occurred_at=self.at)


CALENDAR_STORY = (
    CalendarStep(moment("2026-04-03 15:00"), BUREAU, TYPED_WRONGLY),
    CalendarStep(
        moment("2026-04-03 15:05"),
        BUREAU,
        WithdrawNotice(calendar=CALENDAR, notice=TYPED_WRONGLY.notice, reasons="日期抄错"),
    ),
    CalendarStep(moment("2026-04-03 15:10"), BUREAU, SUDDEN),
    CalendarStep(moment("2026-04-03 16:00"), HEAD, ApproveNotice(calendar=CALENDAR, notice=SUDDEN.notice)),
    CalendarStep(moment("2026-04-03 16:05"), BUREAU, ApplyNotice(calendar=CALENDAR, notice=SUDDEN.notice)),
    CalendarStep(moment("2026-05-11 18:00"), BUREAU, NEXT_YEAR),
    CalendarStep(moment("2026-05-11 18:30"), BUREAU, ApplyNotice(calendar=CALENDAR, notice=NEXT_YEAR.notice)),
)
CALENDAR_EXAMPLES: dict[str, CalendarStep] = {tag_of(step.command): step for step in reversed(CALENDAR_STORY)}


def calendar_entries(law: Pack) -> list[Entry]:
    """The entries that result from the story under *law*."""
    stream = stream_of(CALENDAR)
    entries: list[Entry] = []
    for number, step in enumerate(CALENDAR_STORY, start=1):
        recorded = Recorded(step.by, UUID(int=number), law.name)
        for fact in decide(step.command, replay(stream, entries), Context(step.by, step.at, step.at, law)):
            entries.append(Entry(stream, len(entries) + 1, step.at, step.at, fact, recorded))
    return entries
