"""卡在谁: what an item waits for in its current state, and who has to act."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from domain.core.types import FRESH_STAGES, OPEN_STAGES, Outcome, Stage
from domain.project.state.consultation import not_agreed, unanswered
from domain.project.state.project import Item, Project


class WaitKind(StrEnum):
    """The kind of thing an item waits for."""

    APPLICATION = "application"  # not applied for, or to be applied for again
    PAPERS = "papers"  # 补正、容缺: outstanding papers
    ACCEPTANCE = "acceptance"  # 受理
    PRECONDITION = "precondition"  # 前置事项
    COUNTERSIGNATURE = "countersignature"  # 会签
    SUSPENSION = "suspension"  # 听证、专家评审 and other time the law does not count
    UPPER_LEVEL = "upper_level"  # 上级部门, to which the file was sent
    DECISION = "decision"
    OUTSIDE_RESULT = "outside_result"  # 系统外结果
    DISCREPANCY = "discrepancy"  # a feed reported another result than the one on record
    DELIVERY = "delivery"  # 送达
    CHECK = "check"  # 核查 of an undertaking on which it was granted


class HeldBy(StrEnum):
    """The party that has to act."""

    APPLICANT = "applicant"
    DEPARTMENT = "department"
    PROJECT_MANAGER = "project_manager"
    OUTSIDE = "outside"  # a department outside the system
    OUTSIDE_BODY = "outside_body"  # 第三方: experts, a laboratory, another authority
    NOBODY = "nobody"  # force majeure; items that wait for each other


# Who has to act while a clock is suspended. On any other ground it is an outside body: experts, laboratories.
GROUNDS_OF_APPLICANT = frozenset(
    {
        *("supplement", "supplement_clinical_trial", "incomplete", "incomplete_small_wireless"),
        *("further_information", "applicant_delay", "agreed_postponement"),
    }
)
GROUNDS_OF_DEPARTMENT = frozenset({"hearing", "public_notice", "site_survey", "auction", "bidding"})
APPLICANT = HeldBy.APPLICANT, HeldBy.APPLICANT.value
GROUNDS_WITHOUT_HOLDER = frozenset({"force_majeure"})
# Looked up once, as this runs for every entry: enum member access is slower than the comparison.
NOT_STARTED, SUBMITTED, SUPPLEMENTING = Stage.NOT_STARTED, Stage.SUBMITTED, Stage.SUPPLEMENTING
ACCEPTED, COMPLETED, GRANTED, DEPARTMENT = Stage.ACCEPTED, Stage.COMPLETED, Outcome.GRANTED, HeldBy.DEPARTMENT
TERMINATED = Outcome.TERMINATED
ACCEPTANCE, DECISION, DELIVERY = WaitKind.ACCEPTANCE, WaitKind.DECISION, WaitKind.DELIVERY
BEFORE_ACCEPTANCE = (*FRESH_STAGES, Stage.SUBMITTED, Stage.SUPPLEMENTING)

Key: TypeAlias = tuple[str, str]  # identifies a wait within its item: kind, and reference within that kind


class Wait(Struct, frozen=True, gc=False):
    """One thing an item waits for. *holder* is a department's code, `applicant`, the manager's id, or empty.

    *on* gives details: papers, the ground of a suspension, the required items, the outcome of the last application, or
    the departments that hold up a decision because they objected or have still to be asked.
    *ref* distinguishes it within its kind: a suspension's id, "department/step". *since*: None if unknown.
    """

    kind: WaitKind
    held_by: HeldBy
    holder: str = ""
    on: tuple[str, ...] = ()
    ref: str = ""
    since: datetime | None = None

    @property
    def key(self) -> Key:
        return self.kind, self.ref  # a StrEnum is a str


BLOCKED = Wait(WaitKind.PRECONDITION, HeldBy.NOBODY)
TO_BEGIN = Wait(WaitKind.APPLICATION, *APPLICANT)


def before_acceptance(item: Item) -> bool:
    """Whether preconditions can block the item: it is not accepted yet, or has to be applied for again."""
    return item.outcome is not GRANTED and (item.stage in BEFORE_ACCEPTANCE or item.outcome is not None)


def waits_of(project: Project, item: Item, blocked: bool) -> list[Wait]:
    """The waits of *item*, the most binding first; *blocked*: by preconditions, which have no holder."""
    stage, granted = item.stage, item.outcome is GRANTED
    waits: list[Wait] = []
    if item.disputed is not None:
        waits.append(Wait(WaitKind.DISCREPANCY, HeldBy.PROJECT_MANAGER, project.manager))
    if not granted:
        if stage is SUPPLEMENTING:
            waits.append(Wait(WaitKind.PAPERS, *APPLICANT, item.missing))
        if item.outcome is not TERMINATED or is_needed(project, item):
            waits += (BLOCKED,) if blocked else _before_the_grant(item, stage)
    if stage is COMPLETED and item.plan.live:  # a refusal too, though the next step is a new application
        waits.append(Wait(DELIVERY, DEPARTMENT, item.department))
    if granted and item.undertaking and item.undertaking_kept is None:
        waits.append(Wait(WaitKind.CHECK, DEPARTMENT, item.department))
    return waits


def is_needed(project: Project, item: Item) -> bool:
    """Whether an ungranted item of *project* has *item* among its preconditions."""
    return any(project.items[code].outcome is not GRANTED for code in project.waiting_for(item.plan.item))


def _before_the_grant(item: Item, stage: Stage) -> Iterable[Wait]:
    """The waits of an item in this *stage* that is not blocked by preconditions."""
    live, fresh = item.plan.live, stage is NOT_STARTED
    if stage not in OPEN_STAGES and (live or not fresh):
        return (TO_BEGIN,) if fresh else (Wait(WaitKind.APPLICATION, *APPLICANT, (str(item.outcome or stage),)),)
    if not live and stage is not SUPPLEMENTING:
        return (Wait(WaitKind.OUTSIDE_RESULT, HeldBy.OUTSIDE, item.department),)
    if stage is SUBMITTED:
        return (Wait(ACCEPTANCE, DEPARTMENT, item.department),)
    if stage is ACCEPTED:
        consultations = item.consultations
        return _under_examination(item) or (
            Wait(DECISION, DEPARTMENT, item.department, not_agreed(consultations) if consultations else ()),
        )
    return ()


def _under_examination(item: Item) -> list[Wait]:
    """What holds up the decision on *item*."""
    waits: list[Wait] = []
    for suspension, ground in item.suspensions.items():
        waits.append(Wait(WaitKind.SUSPENSION, *_holder_of(ground, item), (ground,), suspension))
    for consultation in unanswered(item.consultations) if item.consultations else ():
        on = (consultation.step,) if consultation.step else ()
        waits.append(Wait(WaitKind.COUNTERSIGNATURE, DEPARTMENT, consultation.department, on, consultation.key))
    if item.missing:
        waits.append(Wait(WaitKind.PAPERS, *APPLICANT, item.missing))
    if item.forwarded and not (item.upper and item.upper_received):
        waits.append(Wait(WaitKind.UPPER_LEVEL, DEPARTMENT if item.upper else HeldBy.OUTSIDE, item.upper))
    return waits


def _holder_of(ground: str, item: Item) -> tuple[HeldBy, str]:
    """Who has to act while the clock is suspended on *ground*."""
    if ground in GROUNDS_OF_APPLICANT:
        return APPLICANT
    if ground in GROUNDS_OF_DEPARTMENT:
        return HeldBy.DEPARTMENT, item.department
    return (HeldBy.NOBODY if ground in GROUNDS_WITHOUT_HOLDER else HeldBy.OUTSIDE_BODY), ""
