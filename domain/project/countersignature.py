"""会签 countersignature: other departments are asked for their opinion, each with a clock of its own per step."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from domain.law.pack import Pack
from domain.ledger import Command, Context, Fact, Refused, Role
from domain.project.rules import law_for, limit_of, once, require_handler, require_reasons, require_role, require_stage
from domain.project.state import Code, Codes, Consultation, Lines, Name, Opinion, Project, Stage, Text

CLOCK = "countersign"


class AskCountersignature(Command, frozen=True, tag="ask_countersignature"):
    """Ask departments for their opinion. *step* tells several visits of one department apart."""

    item: Code
    departments: Codes
    step: Name = ""
    within_days: Annotated[int, Meta(ge=1)] | None = None  # shorter than the law's; needed where the law sets none

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be sent round for countersignature", Stage.ACCEPTED)
        departments = once(self.departments)
        if not departments:
            raise Refused("nobody-asked", f"no department is asked to countersign {self.item}", remedy="name one")
        for department in departments:
            asked = item.consultations.get(f"{department}/{self.step}")
            if asked and asked.opinion is None:
                raise Refused(
                    "already-asked",
                    f"{department} was already asked about {self.item}{named(self.step)} and has not answered yet",
                    remedy="wait for the answer, or ask under another step",
                    department=department,
                )
        days, article = self._limit(law_for(item.plan, context))
        return tuple(
            CountersignatureAsked(item=self.item, department=department, step=self.step, limit=days, article=article)
            for department in departments
        )

    def _limit(self, law: Pack) -> tuple[int, str]:
        if self.within_days is not None and CLOCK not in law.clocks:
            return self.within_days, ""
        limit = limit_of(law, CLOCK)
        days = limit.days if self.within_days is None else self.within_days
        if not 1 <= days <= limit.days:
            raise Refused(
                "limit-exceeded",
                f"a countersignature takes 1 to {limit.days} days, not {days}",
                article=limit.article,
                remedy="leave within_days out for the usual limit",
            )
        return days, limit.article


class CountersignatureAsked(Fact, frozen=True, tag="countersignature_asked"):
    """One department was asked, at one step, to answer within *limit* days."""

    item: str
    department: str
    step: str
    limit: int
    article: str

    def apply(self, project: Project) -> None:
        consultations = project.recorded(self.item).consultations
        consultations[f"{self.department}/{self.step}"] = Consultation(self.department, self.step)


class Countersign(Command, frozen=True, tag="countersign"):
    """Answer for the asked department: agree, agree with conditions, or object with reasons."""

    item: Code
    opinion: Opinion
    step: Name = ""
    conditions: Lines = ()
    reasons: Text = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_role(context.by, "countersign", Role.OFFICER, Role.SYSTEM)
        require_stage(self.item, item, "be countersigned", Stage.ACCEPTED)
        department = context.by.department
        asked = item.consultations.get(f"{department}/{self.step}")
        if asked is None:
            raise Refused(
                "not-asked",
                f"{department or context.by.id} was not asked about {self.item}{named(self.step)}",
                remedy=f"{item.department} asks with ask_countersignature",
            )
        if asked.opinion is not None:
            raise Refused(
                "already-answered",
                f"{department} has already answered {self.item}{named(self.step)}: {asked.opinion}",
                remedy=f"{item.department} may ask again",
            )
        conditions = once(self.conditions)
        if bool(conditions) is not (self.opinion is Opinion.AGREED_WITH_CONDITIONS):
            raise Refused(
                "conditions-contradict",
                f"the opinion {self.opinion} comes with {len(conditions)} conditions",
                remedy="conditions belong to the opinion agreed_with_conditions, and only there",
            )
        if self.opinion is Opinion.OBJECTED:
            require_reasons(self.reasons, f"objecting to {self.item}", context.law.article(CLOCK))
        return (
            ItemCountersigned(
                item=self.item,
                department=department,
                step=self.step,
                opinion=self.opinion,
                conditions=conditions,
                reasons=self.reasons,
            ),
        )


class ItemCountersigned(Fact, frozen=True, tag="item_countersigned"):
    """会签意见: one department's answer at one step."""

    item: str
    department: str
    step: str
    opinion: Opinion
    conditions: tuple[str, ...] = ()
    reasons: str = ""

    def apply(self, project: Project) -> None:
        consultations = project.recorded(self.item).consultations
        consultations[f"{self.department}/{self.step}"] = Consultation(self.department, self.step, self.opinion)


def named(step: str) -> str:
    """How a sentence speaks of *step*: nothing where there is only one."""
    return f" at the step {step}" if step else ""
