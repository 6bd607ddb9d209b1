"""会签 countersignature: other departments are asked for their opinion, each with a clock of its own per step."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.rules import limit_of, require_reasons, require_role
from domain.core.types import Code, Codes, Lines, Name, Stage, Text
from domain.law.packs.pack import Pack
from domain.project.countersignature.rules import CLOCK, CountersignatureAsked, next_request
from domain.project.rules import law_of, once, require_after, require_handler, require_request, require_stage
from domain.project.state.consultation import (
    Consultation,
    Opinion,
    key_of,
    named,
    next_in_line,
    queue,
    standing,
    unanswered,
)
from domain.project.state.project import Item, Project


class AskingOrder(StrEnum):
    """Whether departments are asked in parallel or in sequence."""

    PARALLEL = "parallel"  # 并行会签
    SEQUENTIAL = "sequential"  # 依次会签


class AskCountersignature(Command, frozen=True, tag="ask_countersignature"):
    """Ask departments for their opinion. *step* distinguishes several requests to one department.

    In sequence the next department is asked when the previous one has agreed, with or without conditions, and its
    clock starts only then; an objection stops the sequence. Asking a department again begins another round.
    """

    item: Code
    departments: Codes
    step: Name = ""
    within_days: Annotated[int, Meta(ge=1)] | None = None  # shorter than the law's; needed where the law sets none
    order: AskingOrder = AskingOrder.PARALLEL

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be sent round for countersignature", Stage.ACCEPTED)
        departments = once(self.departments)
        if not departments:
            raise Refused(
                "nobody-asked", f"no department is named to countersign {self.item}", remedy="name departments"
            )
        if item.department in departments and context.by.role is not Role.SYSTEM:  # imported cases may have done so
            raise Refused(
                "asks-itself",
                f"{item.department} handles {self.item} itself and can't be asked to countersign it",
                remedy="name other departments",
            )
        for department in departments:
            self._require_free(item, department)
        before = (item.consultations.get(key_of(department, self.step)) for department in departments)
        require_after(project, self.item, filter(None, before), context)
        days, article = self._limit(law_of(item, context))
        line = departments if self.order is AskingOrder.SEQUENTIAL and len(departments) > 1 else ()
        return tuple(
            CountersignatureAsked(
                item=self.item,
                department=department,
                step=self.step,
                limit=days,
                article=article,
                round=self._round(item, departments),
                line=line,
            )
            for department in (departments[:1] if line else departments)
        )

    def _require_free(self, item: Item, department: str) -> None:
        """Refuse if *department* has an unanswered request, or is next in an order."""
        open_now = {consultation.key for consultation in unanswered(item.consultations)}
        key = key_of(department, self.step)
        _, _, before = queue(item.consultations).get(key, ("", "", None))
        if key in open_now or (before is not None and before.key in open_now):
            raise Refused(
                "already-asked",
                f"{department} has already been asked to countersign {self.item}{named(self.step)}",
                remedy="wait for the answer, recall the request with recall_countersignature, or use another step",
                department=department,
            )

    def _round(self, item: Item, departments: tuple[str, ...]) -> int:
        """The number of the round: asking a department again begins another."""
        before = (item.consultations.get(key_of(department, self.step)) for department in departments)
        return max(
            item.round,
            *(consultation.round + 1 if consultation and consultation.times else 1 for consultation in before),
        )

    def _limit(self, law: Pack) -> tuple[int, str]:
        if self.within_days is not None and CLOCK not in law.clocks:
            return self.within_days, ""
        limit = limit_of(law, CLOCK)
        days = limit.days if self.within_days is None else self.within_days
        if not 1 <= days <= limit.days:
            raise Refused(
                "limit-exceeded",
                f"{days} days are outside the limit of a countersignature, 1 to {limit.days}",
                article=limit.article,
                remedy="leave within_days out for the usual limit",
            )
        return days, limit.article


class Countersign(Command, frozen=True, tag="countersign"):
    """Answer a countersignature request: agree, agree with conditions, or object with reasons."""

    item: Code
    opinion: Opinion
    step: Name = ""
    conditions: Lines = ()
    reasons: Text = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_role(context.by, "countersign", Role.OFFICER, Role.SYSTEM)
        require_stage(self.item, item, "be countersigned", Stage.ACCEPTED)
        consultation = require_request(project, self.item, self.step, context)
        conditions = once(self.conditions)
        if bool(conditions) is not (self.opinion is Opinion.AGREED_WITH_CONDITIONS):
            raise Refused(
                "conditions-contradict",
                f"the opinion {self.opinion} is given with {len(conditions)} conditions",
                remedy="give conditions with the opinion agreed_with_conditions, and with no other",
            )
        if self.opinion is Opinion.OBJECTED:
            require_reasons(self.reasons, f"objecting to {self.item}", context.law.article(CLOCK))
        answer = ItemCountersigned(
            item=self.item,
            department=consultation.department,
            step=self.step,
            opinion=self.opinion,
            conditions=conditions,
            reasons=self.reasons,
            round=consultation.round,
        )
        return (
            (answer,)
            if self.opinion is Opinion.OBJECTED
            else (answer, *next_request(self.item, item, consultation, context))
        )


class ItemCountersigned(Fact, frozen=True, tag="item_countersigned"):
    """会签意见: one department's answer at one step, in one *round*."""

    item: str
    department: str
    step: str
    opinion: Opinion
    conditions: tuple[str, ...] = ()
    reasons: str = ""
    round: int = 1

    def apply(self, project: Project) -> None:
        consultations = project.recorded(self.item).consultations
        consultation = Consultation(self.department, self.step, round=self.round)
        consultation = consultations.setdefault(consultation.key, consultation)
        consultation.opinion, consultation.conditions, consultation.reasons = (
            self.opinion,
            self.conditions,
            self.reasons,
        )
        consultation.deemed, consultation.answered_round = None, self.round


class ContinueCountersignature(Command, frozen=True, tag="continue_countersignature"):
    """Go on to the next department in spite of the objection of *department*; for the lead department."""

    item: Code
    department: Code
    reasons: Text
    step: Name = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be sent round for countersignature", Stage.ACCEPTED)
        require_reasons(self.reasons, f"going on in spite of the objection of {self.department}", "")
        consultation = item.consultations.get(key_of(self.department, self.step))
        if (
            consultation is None
            or consultation.stale
            or consultation.opinion is not Opinion.OBJECTED
            or consultation not in standing(item.consultations)
            or not next_in_line(item.consultations, consultation)
        ):
            raise Refused(
                "line-not-stopped",
                f"no sequence for {self.item}{named(self.step)} is stopped by an objection of {self.department}",
                remedy="this is possible only while further departments wait behind one that objected",
            )
        return next_request(self.item, item, consultation, context, self.reasons)
