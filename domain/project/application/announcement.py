"""告知日期 announcement: the last day of a clock as announced to the applicant, recorded verbatim (rule B2.6)."""

from __future__ import annotations

import re
from datetime import date
from typing import ClassVar

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.types import Code, Line, Name, Stage, Text
from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import local_day
from domain.law.packs.pack import Pack
from domain.project.rules import law_of, require_handler, require_stage
from domain.project.state.project import Project

PROVISO = "以国务院通知为准"  # required wording for a date beyond the published calendar (B2.5)
CHINESE = "CN"  # prefix of the calendars that follow the State Council's notices
KIND_ENDS = re.compile("[#:]")  # separates the kind of a clock from what distinguishes it among its kind
BESIDE_THE_LAW = ("tolerance_cure",)  # a clock whose days the agency sets itself
UNPUBLISHED = WorkingCalendar(known_until=None)  # without a calendar every date is provisional
UNDER_WAY = (Stage.SUBMITTED, Stage.SUPPLEMENTING, Stage.ACCEPTED, Stage.COMPLETED)


class AnnounceDate(Command, frozen=True, tag="announce_date"):
    """Record that *announced_on* was announced to the applicant as the last day of *clock*, in the words *wording*.

    Whether that day is provisional follows from the calendar published by then.
    """

    item: Code
    announced_on: date
    clock: Name = "decision"
    wording: Text = ""
    channel: Line = ""

    needs_calendar: ClassVar[bool] = True

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        if context.by.role is not Role.SYSTEM:
            require_handler(self.item, item, context.by)
        require_stage(self.item, item, "have a date announced", *UNDER_WAY)
        law = law_of(item, context)
        require_clock(law, self.clock)
        calendar = context.calendar or UNPUBLISHED
        provisional = calendar.provisional(self.announced_on)
        self._require_sound(law, context, provisional=provisional)
        return (
            DateAnnounced(
                item=self.item,
                clock=self.clock,
                announced_on=self.announced_on,
                calendar=calendar.version,
                provisional=provisional,
                wording=self.wording,
                channel=self.channel,
            ),
        )

    def _require_sound(self, law: Pack, context: Context, *, provisional: bool) -> None:
        if self.announced_on < local_day(context.at, law.zone):
            raise Refused(
                "date-passed",
                f"{self.announced_on} was already over when it was announced",
                remedy="announce the clock's last day, or give the time at which it was announced",
            )
        proviso = PROVISO if law.calendar.startswith(CHINESE) else self.wording.strip()
        if provisional and (not proviso or proviso not in self.wording):
            raise Refused(
                "proviso-missing",
                f"{self.announced_on} lies beyond the published calendar, so its announcement needs the proviso",
                article="全国年节及纪念日放假办法第七条",
                remedy=f"add the words {PROVISO} to wording",
            )


class DateAnnounced(Fact, frozen=True, tag="date_announced"):
    """*announced_on* was announced to the applicant, *provisional* by the version of the *calendar* published then.

    This records a statement, not the due date, which is always computed; the two may differ later.
    """

    item: str
    clock: str
    announced_on: date
    calendar: str
    provisional: bool
    wording: str = ""
    channel: str = ""

    def apply(self, project: Project) -> None:
        """No effect on later decisions: an announcement binds no clock."""


def require_clock(law: Pack, clock: str) -> None:
    """Refuse a kind of clock that *law* does not have."""
    kind = KIND_ENDS.split(clock, maxsplit=1)[0]
    if kind not in law.clocks and kind not in BESIDE_THE_LAW:
        raise Refused(
            "unknown-clock",
            f"{law.name} has no clock {clock}",
            remedy=f"choose one of: {', '.join((*law.clocks, *BESIDE_THE_LAW))}",
        )
