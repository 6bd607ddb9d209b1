"""延长期限 extension of a clock, once, with reasons and approval at the required level (Art. 42)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.rules import limit_of, require_reasons
from domain.core.types import Code, Name, Stage, Text
from domain.law.packs.pack import Extension
from domain.project.rules import law_of, require_handler, require_stage
from domain.project.state.project import Project


class ExtendLimit(Command, frozen=True, tag="extend_limit"):
    """Extend a clock by *days*. *approver* is the approving level; *notified*: the applicant was given the reasons.

    *approved_by* is the name of the person who approved it, if known.
    """

    item: Code
    days: Annotated[int, Meta(ge=1)]
    reasons: Text
    approver: Code
    clock: Code = "decision"
    notified: bool = False
    approved_by: Name = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be extended", Stage.ACCEPTED)
        law = law_of(item, context)
        extension = law.extension(self.clock, item.mode)
        if extension is None:
            raise Refused(
                "no-extension",
                f"the law allows no extension of the clock {self.clock} in the mode {item.mode}",
                article=law.article(self.clock),
                remedy="decide within the limit",
            )
        if item.extensions.get(self.clock, 0) >= extension.count_max:
            raise Refused(
                "extension-repeated",
                f"the clock {self.clock} of {self.item} has already been extended",
                article=extension.article,
                remedy=f"decide within the limit: it can be extended {extension.count_max} time(s) only",
            )
        self._require_lawful(extension, limit_of(law, self.clock, item.mode).days)
        return (
            LimitExtended(
                item=self.item,
                clock=self.clock,
                days=self.days,
                reasons=self.reasons,
                approver=self.approver,
                notified=self.notified,
                article=extension.article,
                approved_by=self.approved_by,
            ),
        )

    def _require_lawful(self, extension: Extension, period: int) -> None:
        most = extension.most(period)
        if self.days < 1 or (most is not None and self.days > most):
            raise Refused(
                "extension-exceeds-limit",
                f"the clock {self.clock} can't be extended by {self.days} days",
                article=extension.article,
                remedy=f"extend it by 1 to {most} days; a longer extension is void as a whole",
            )
        if self.approver != extension.approver:
            raise Refused(
                "wrong-approver",
                f"{self.approver} can't approve an extension of the clock {self.clock}",
                article=extension.article,
                remedy=f"obtain the approval of: {extension.approver}",
            )
        require_reasons(self.reasons, f"extending {self.item}", extension.article)


class LimitExtended(Fact, frozen=True, tag="limit_extended"):
    """延期. Whether it came in time is judged by the clock on every reading."""

    item: str
    clock: str
    days: int
    reasons: str
    approver: str
    notified: bool
    article: str
    approved_by: str = ""

    def apply(self, project: Project) -> None:
        extensions = project.recorded(self.item).extensions
        extensions[self.clock] = extensions.get(self.clock, 0) + 1


def refused_as_void(extended: LimitExtended, approved_on: date, due_on: date | None) -> Refused:
    """The refusal of an extension without effect: approved too late, or while no clock ran.

    It is void as a whole (B8.2), like one that is too long. *due_on* is the clock's last day, if known.
    """
    if due_on is not None and approved_on > due_on:
        return Refused(
            "extension-late",
            f"the extension of {extended.clock} approved on {approved_on} is void: its last day was {due_on}",
            article=extended.article,
            remedy=f"if it was approved by {due_on}, give that day in occurred_at; if a suspension or a correction"
            " moves the last day, record that first",
        )
    return Refused(
        "extension-outside-clock",
        f"on {approved_on} there was no running clock {extended.clock} of {extended.item} to extend",
        article=extended.article,
        remedy="give in occurred_at the day of the approval, which has to lie within the clock's first and last day",
    )
