"""征求会签意见: the fact of a countersignature request, recorded by several use cases, and rules they share."""

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
JOINT_STEP = "joint"  # the step of the requests to the participants of a joint item


class CountersignatureAsked(Fact, frozen=True, tag="countersignature_asked"):
    """One department was asked to countersign, at one step, within *limit* days.

    *line* lists the departments asked in sequence, this one among them; empty if all are asked in parallel.
    *reasons*: for asking in spite of an objection, or in place of the department *forwarded_from* (转报). *asked_at*:
    when it was actually asked, if its cause became known later than it took effect: no clock runs before.
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
            request_version=project.version + 1,
        )
        before = item.consultations.pop(consultation.key, None)
        if before is not None:
            consultation.times = before.times + 1
            consultation.earlier = before.earlier if before.opinion is None else (*before.earlier, before.answer)
            if before.times:  # a repeated request begins a new round, also in older entries that don't say so
                consultation.round = max(self.round, before.round + 1)
        item.consultations[consultation.key] = consultation
        item.round = max(item.round, consultation.round)


def later(context: Context) -> datetime | None:
    """When a department is asked by an act that became known late, at *context.now*; None if it was known at once."""
    return context.now if context.now > context.at else None


def next_request(
    code: str, item: Item, consultation: Consultation, context: Context, reasons: str = ""
) -> tuple[CountersignatureAsked, ...]:
    """The request to the department after *consultation* in its sequence; none at its end."""
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


def joint_requests(item: Item, law: Pack) -> tuple[CountersignatureAsked, ...]:
    """Requests to the participants of a joint item on its acceptance, each with the clock of a countersignature.

    Rule book B6.2, Art. 26(2). Without a limit for that clock, the limit of the whole item applies.
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
