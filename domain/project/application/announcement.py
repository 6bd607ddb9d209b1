"""告知日期 announcement: the last day of a clock as it was told to the applicant, kept as it was said (rule B2.6)."""

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

PROVISO = "以国务院通知为准"  # without these words a date beyond the published calendar is told to nobody (B2.5)
CHINESE = "CN"  # what the names of the calendars begin with that follow the State Council's notices
KIND_ENDS = re.compile("[#:]")  # what follows in a clock's name tells it from others of its kind
BESIDE_THE_LAW = ("tolerance_cure",)  # a clock whose days the agency sets itself
UNPUBLISHED = WorkingCalendar(known_until=None)  # where no calendar is at hand, nothing is certain
UNDER_WAY = (Stage.SUBMITTED, Stage.SUPPLEMENTING, Stage.ACCEPTED, Stage.COMPLETED)


class AnnounceDate(Command, frozen=True, tag="announce_date"):
    """Record that the applicant was told *announced_on* as the last day of *clock*; *wording* is what was said.

    Whether that day is certain is looked up in the calendar published by then, not asked.
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
                f"{self.announced_on} was over when it is said to have been announced",
                remedy="announce the clock's last day, or give the time at which it was announced",
            )
        proviso = PROVISO if law.calendar.startswith(CHINESE) else self.wording.strip()
        if provisional and (not proviso or proviso not in self.wording):
            raise Refused(
                "proviso-missing",
                f"{self.announced_on} lies beyond the published calendar, so it is told with a proviso only",
                article="全国年节及纪念日放假办法第七条",
                remedy=f"put the words {PROVISO} into the wording",
            )


class DateAnnounced(Fact, frozen=True, tag="date_announced"):
    """The applicant was told *announced_on*, *provisional* by the version of the *calendar* published then.

    This is no due date, which is counted whenever it is asked for, but what was said; the two may come to differ.
    """

    item: str
    clock: str
    announced_on: date
    calendar: str
    provisional: bool
    wording: str = ""
    channel: str = ""

    def apply(self, project: Project) -> None:
        """Changes nothing for later decisions: what was said binds no clock."""


def require_clock(law: Pack, clock: str) -> None:
    """Refuse a clock of a kind that *law* does not have."""
    kind = KIND_ENDS.split(clock, maxsplit=1)[0]
    if kind not in law.clocks and kind not in BESIDE_THE_LAW:
        raise Refused(
            "unknown-clock",
            f"{law.name} has no clock {clock}",
            remedy=f"it has: {', '.join((*law.clocks, *BESIDE_THE_LAW))}",
        )
