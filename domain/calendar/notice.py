"""放假通知 notice: a published schedule is imported, approved where it changes the past, applied, or withdrawn."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, field

from domain.calendar.state import KEEPERS, AnyState, Calendar, ImportedNotice, NoticeStage, stream_of
from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.rules import require_reasons, require_role
from domain.core.types import Code, Line, Lines, Text
from domain.law.calendar.calendar import Notice

DAYS_LISTED_MAX = 400  # a year's notice lists about forty

Days = Annotated[dict[date, Literal[0, 1]], Meta(max_length=DAYS_LISTED_MAX)]


class ImportNotice(Command, frozen=True, tag="import_notice"):
    """Import a published schedule: *days* maps a date to 1 (working, 调休上班) or 0 (off).

    *covers_to* is the last day it settles, left out for a revision; *papers* are the addresses of its publication.
    It affects no deadline until it is applied.
    """

    calendar: Code
    notice: Code
    published: date
    papers: Lines
    days: Days
    covers_to: date | None = None
    title: Line = ""

    def decide(self, calendar: Calendar, context: Context) -> tuple[Fact, ...]:
        require_keeper(self.calendar, calendar, context, "import a notice")
        self._require_new(calendar)
        self._require_published(context)
        if not self.days:
            raise Refused("notice-empty", f"the notice {self.notice} lists no day", remedy="list the days it changes")
        if not any(paper.strip() for paper in self.papers):
            raise Refused(
                "notice-unsourced",
                f"the notice {self.notice} has no source",
                remedy="give the address of its publication in papers",
            )
        last = max(self.days)
        if self.covers_to is not None and self.covers_to.year > last.year:
            raise Refused(
                "horizon-too-far",
                f"{self.notice} lists no day after {last}, so it can't cover days up to {self.covers_to}",
                remedy=f"set covers_to to a day of {last.year} or earlier",
            )
        return (
            NoticeImported(
                calendar=self.calendar,
                notice=self.notice,
                published=self.published,
                covers_to=self.covers_to,
                papers=self.papers,
                days=dict(sorted(self.days.items())),
                title=self.title,
                by=context.by.id,
            ),
        )

    def _require_new(self, calendar: Calendar) -> None:
        existing = calendar.notices.get(self.notice)
        if existing is not None and existing.stage is not NoticeStage.WITHDRAWN:
            raise Refused(
                "notice-repeated",
                f"the notice {self.notice} is already {existing.stage}",
                remedy="choose another id; a revision is a separate notice",
            )

    def _require_published(self, context: Context) -> None:
        today = context.at.astimezone(ZoneInfo(context.law.zone)).date()
        if self.published > today:
            raise Refused(
                "in-the-future",
                f"{self.notice} can't have been published on {self.published}: that day is still to come",
                remedy="give the actual date of publication",
            )


class NoticeImported(Fact, frozen=True, tag="notice_imported"):
    """A published schedule imported by *by*; used for previews only until it is applied."""

    calendar: str
    notice: str
    published: date
    papers: tuple[str, ...]
    by: str
    covers_to: date | None = None
    title: str = ""
    days: dict[date, Literal[0, 1]] = field(default_factory=dict)

    def apply(self, calendar: AnyState) -> None:
        notice = Notice(self.notice, self.published, self.covers_to, self.papers, self.days, self.title)
        calendar.notices.pop(self.notice, None)  # a withdrawn one: dicts keep the order of first insertion
        calendar.notices[self.notice] = ImportedNotice(notice, self.by)


class ApproveNotice(Command, frozen=True, tag="approve_notice"):
    """Approve an imported notice as a second person."""

    calendar: Code
    notice: Code

    def decide(self, calendar: Calendar, context: Context) -> tuple[Fact, ...]:
        require_keeper(self.calendar, calendar, context, "approve a notice")
        imported = calendar.open_notice(self.notice)
        if imported.stage is NoticeStage.APPROVED:
            raise Refused("notice-approved", f"the notice {self.notice} is already approved", remedy="apply it")
        if context.by.id == imported.imported_by:
            raise Refused(
                "second-person",
                f"{context.by.id} imported {self.notice} and can't approve it",
                remedy="another person has to compare it with the publication and approve it",
            )
        return (NoticeApproved(calendar=self.calendar, notice=self.notice),)


class NoticeApproved(Fact, frozen=True, tag="notice_approved"):
    """A second person approved the notice."""

    calendar: str
    notice: str

    def apply(self, calendar: AnyState) -> None:
        calendar.notices[self.notice].stage = NoticeStage.APPROVED


class ApplyNotice(Command, frozen=True, tag="apply_notice"):
    """Put an imported notice into effect: open deadlines are recomputed and may move either way."""

    calendar: Code
    notice: Code

    def decide(self, calendar: Calendar, context: Context) -> tuple[Fact, ...]:
        require_keeper(self.calendar, calendar, context, "apply a notice")
        imported = calendar.open_notice(self.notice)
        past = imported.notice.days_in_its_past
        if past and imported.stage is not NoticeStage.APPROVED:
            raise Refused(
                "approval-missing",
                f"{self.notice} changes {past[0]}, which was already over when it was published",
                remedy=f"a person other than {imported.imported_by} has to approve it first",
                days=[day.isoformat() for day in past],
            )
        return (NoticeApplied(calendar=self.calendar, notice=self.notice),)


class NoticeApplied(Fact, frozen=True, tag="notice_applied"):
    """The notice is in effect, as known from the day of its publication."""

    calendar: str
    notice: str

    def apply(self, calendar: AnyState) -> None:
        calendar.notices[self.notice].stage = NoticeStage.APPLIED


class WithdrawNotice(Command, frozen=True, tag="withdraw_notice"):
    """Withdraw an imported notice before it is applied, with reasons."""

    calendar: Code
    notice: Code
    reasons: Text

    def decide(self, calendar: Calendar, context: Context) -> tuple[Fact, ...]:
        require_keeper(self.calendar, calendar, context, "withdraw a notice")
        calendar.open_notice(self.notice)
        require_reasons(self.reasons, f"withdrawing {self.notice}", "")
        return (NoticeWithdrawn(calendar=self.calendar, notice=self.notice, reasons=self.reasons),)


class NoticeWithdrawn(Fact, frozen=True, tag="notice_withdrawn"):
    """The notice was imported by mistake and never took effect."""

    calendar: str
    notice: str
    reasons: str

    def apply(self, calendar: AnyState) -> None:
        calendar.notices[self.notice].stage = NoticeStage.WITHDRAWN


def require_keeper(name: str, calendar: Calendar, context: Context, what: str) -> None:
    """Refuse *what* unless *calendar* is the one called *name* and the actor's role maintains it."""
    require_role(context.by, what, *KEEPERS)
    if stream_of(name) != calendar.id:
        raise Refused(
            "wrong-calendar", f"this is not the calendar {name}", remedy="send the command to that calendar's address"
        )
