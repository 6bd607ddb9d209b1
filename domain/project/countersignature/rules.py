"""征求会签意见 asking: one department is asked, which several use cases bring about."""

from __future__ import annotations

from datetime import datetime

from domain.core.context import Context
from domain.core.ledger import Fact
from domain.core.rules import limit_of
from domain.core.types import Mode
from domain.law.packs.pack import Pack
from domain.project.rules import once
from domain.project.state.consultation import Consultation, next_in_line
from domain.project.state.project import Item, Project

CLOCK = "countersign"
JOINT_STEP = "joint"  # what participants of a joint item are asked under, by its acceptance


class CountersignatureAsked(Fact, frozen=True, tag="countersignature_asked"):
    """One department was asked, at one step, to answer within *limit* days.

    *line* are the departments asked one after the other, this one among them; empty where all are asked at once.
    *reasons*: why it is asked in spite of an objection, or for another department, *forwarded_from* (转报). *asked_at*:
    when it was asked, where what brought that about became known later than it took effect: no clock runs before.
    """

    item: str
    department: str
    step: str
    limit: int
    article: str
    round: int = 1
    line: tuple[str, ...] = ()
    reasons: str = ""
    forwarded_from: str = ""
    asked_at: datetime | None = None

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        consultation = Consultation(
            self.department,
            self.step,
            limit=self.limit,
            article=self.article,
            times=1,
            round=self.round,
            line=self.line,
            forwarded_from=self.forwarded_from,
            asked_in=project.version + 1,
        )
        before = item.consultations.pop(consultation.key, None)
        if before is not None:
            consultation.times = before.times + 1
            consultation.earlier = before.earlier if before.opinion is None else (*before.earlier, before.answer)
            if before.times:  # asked again is another round, also where older entries don't say so
                consultation.round = max(self.round, before.round + 1)
        item.consultations[consultation.key] = consultation
        item.round = max(item.round, consultation.round)


def later(context: Context) -> datetime | None:
    """When a department is asked by what became known at *context.now*; None where that is when it took effect."""
    return context.now if context.now > context.at else None


def next_request(
    code: str, item: Item, consultation: Consultation, context: Context, reasons: str = ""
) -> tuple[CountersignatureAsked, ...]:
    """The question to the next department of the line behind *asked*, none at its end."""
    department = next_in_line(item.consultations, consultation)
    if not department:
        return ()
    return (
        CountersignatureAsked(
            item=code,
            department=department,
            step=consultation.step,
            limit=consultation.limit,
            article=consultation.article,
            round=consultation.round,
            line=consultation.line,
            reasons=reasons,
            asked_at=later(context),
        ),
    )


def asked_jointly(item: Item, law: Pack) -> tuple[CountersignatureAsked, ...]:
    """The participants of a joint item, asked by its acceptance: each has the internal clock of a countersignature.

    Rule book B6.2, Art. 26(2). Where the law sets no time for that, the time for the whole.
    """
    if item.mode != Mode.JOINT:
        return ()
    limit = limit_of(law, CLOCK) if CLOCK in law.clocks else limit_of(law, "decision", item.mode)
    return tuple(
        CountersignatureAsked(
            item=item.plan.item, department=department, step=JOINT_STEP, limit=limit.days, article=limit.article
        )
        for department in once(item.plan.participants)
    )
