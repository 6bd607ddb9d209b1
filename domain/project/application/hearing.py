"""听证 hearing: notification of the right, request, notice, holding; each step starts a clock (Art. 46-48)."""

from __future__ import annotations

from datetime import date

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.types import Code, HearingStep, Stage
from domain.project.rules import require_applicant_side, require_handler, require_stage
from domain.project.state.project import Item, Project


class TellHearingRight(Command, frozen=True, tag="tell_hearing_right"):
    """Notify the applicant and affected parties of their right to a hearing (Art. 47)."""

    item: Code

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "have a hearing", Stage.ACCEPTED)
        require_hearing(self.item, item, context, HearingStep.NONE)
        return (HearingRightTold(item=self.item),)


class HearingRightTold(Fact, frozen=True, tag="hearing_right_told"):
    """告知听证权利: the five days for a request begin."""

    item: str

    def apply(self, project: Project) -> None:
        project.recorded(self.item).hearing = HearingStep.TOLD


class RequestHearing(Command, frozen=True, tag="request_hearing"):
    """Request a hearing, after notification of the right."""

    item: Code

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_applicant_side(self.item, item, context.by, "ask for a hearing on")
        require_stage(self.item, item, "have a hearing", Stage.ACCEPTED)
        require_hearing(self.item, item, context, HearingStep.TOLD)
        return (HearingRequested(item=self.item),)


class HearingRequested(Fact, frozen=True, tag="hearing_requested"):
    """A hearing was requested. If the clock finds it in time, the twenty days for holding it begin."""

    item: str

    def apply(self, project: Project) -> None:
        project.recorded(self.item).hearing = HearingStep.REQUESTED


class GiveHearingNotice(Command, frozen=True, tag="give_hearing_notice"):
    """Announce or move the day of the hearing (Art. 48), on request or on the department's own initiative (Art. 46)."""

    item: Code
    hearing_on: date

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "have a hearing", Stage.ACCEPTED)
        if item.hearing is HearingStep.HELD:
            require_hearing(self.item, item, context, HearingStep.REQUESTED)
        return (HearingNoticeGiven(item=self.item, hearing_on=self.hearing_on),)


class HearingNoticeGiven(Fact, frozen=True, tag="hearing_notice_given"):
    """听证通知. Whether it left seven clear working days is judged by the clock."""

    item: str
    hearing_on: date

    def apply(self, project: Project) -> None:
        project.recorded(self.item).hearing = HearingStep.ANNOUNCED


class HoldHearing(Command, frozen=True, tag="hold_hearing"):
    """Record that the announced hearing was held and its record signed."""

    item: Code

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "have a hearing", Stage.ACCEPTED)
        require_hearing(self.item, item, context, HearingStep.ANNOUNCED)
        return (HearingHeld(item=self.item),)


class HearingHeld(Fact, frozen=True, tag="hearing_held"):
    """听证笔录确认."""

    item: str

    def apply(self, project: Project) -> None:
        project.recorded(self.item).hearing = HearingStep.HELD


def require_hearing(code: str, item: Item, context: Context, step: HearingStep) -> None:
    """Refuse unless the hearing on the item is at *step*."""
    if item.hearing is not step:
        raise Refused(
            "hearing-order",
            f"the hearing on {code} is at the step {item.hearing}, not at {step}",
            article=context.law.article("hearing"),
            remedy="take the steps in order, each once: told, requested, announced, held",
            hearing=str(item.hearing),
        )
