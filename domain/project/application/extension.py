"""延长期限 extension: a clock made longer, once, with reasons and the approval of the right level (Art. 42)."""

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
    """Extend a clock by *days*. *approver* is the level that approved; *notified*: the applicant was told why.

    *approved_by* is the name of who approved it, as far as it is given.
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
                f"the clock {self.clock} of {self.item} was already extended",
                article=extension.article,
                remedy=f"it may be extended {extension.count_max} time(s)",
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
                remedy=f"the law allows 1 to {most}; more is void as a whole, not trimmed",
            )
        if self.approver != extension.approver:
            raise Refused(
                "wrong-approver",
                f"an extension of {self.clock} is not for {self.approver} to approve",
                article=extension.article,
                remedy=f"it takes the approval of: {extension.approver}",
            )
        require_reasons(self.reasons, f"extending {self.item}", extension.article)


class LimitExtended(Fact, frozen=True, tag="limit_extended"):
    """延期. Whether it came in time is judged by the clock, again on every replay."""

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
    """Why an extension that would lengthen nothing is refused: it came too late, or there was no clock to lengthen.

    It is void as a whole (B8.2), as one that is too long is. *due_on* is the clock's last day, where that is known.
    """
    if due_on is not None and approved_on > due_on:
        return Refused(
            "extension-late",
            f"the extension of {extended.clock} approved on {approved_on} is void: its last day was {due_on}",
            article=extended.article,
            remedy=f"an approval counts through {due_on}: where it was given by then, say so with occurred_at; where a"
            " suspension or a correction makes that day another one, record it first",
        )
    return Refused(
        "extension-outside-clock",
        f"on {approved_on} there was no running clock {extended.clock} of {extended.item} to extend",
        article=extended.article,
        remedy="give the day of the approval as occurred_at; it counts from the clock's first day to its last",
    )
