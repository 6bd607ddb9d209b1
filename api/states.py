"""A project's state as it is shown: what its own ledger says now, item by item."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from api.outside_rows import ShownOutside
from domain.project.consultation_state import Answer, Consolidated, Consultation, Opinion, queue
from domain.project.state import Item, Project
from domain.project.terms import HearingStep, ModeName, Outcome, Stage
from domain.project.voice_state import Complaint


class ShownSuspension(Struct, frozen=True):
    """One open suspension: the id that resume_clock takes, and the ground the clock stands still for."""

    suspension: str
    ground: str


class ShownConsultation(Struct, frozen=True):
    """One department asked for its countersignature; *opinion* is null until it answers.

    *deemed*: silence counts as agreement, by *article* (默认同意). *clock* is the name of its clock, which has *limit*
    days. *line*: the departments asked one after the other, empty where all are asked at once. *recalled*: it is asked
    no longer. *stale*: the application changed since, so its opinion does not count. *kept*: the lead department said
    that the change leaves it as it was. *earlier* are its opinions of earlier rounds, which no longer count.
    """

    department: str
    step: str
    opinion: Opinion | None
    round: int
    conditions: tuple[str, ...]
    reasons: str
    deemed: bool
    article: str
    clock: str
    limit: int
    line: tuple[str, ...]
    recalled: bool
    stale: bool
    kept: bool
    forwarded_to: str
    forwarded_from: str
    earlier: tuple[Answer, ...]


class ShownTurn(Struct, frozen=True):
    """One department still to be asked: when the department *behind* has agreed."""

    department: str
    step: str
    behind: str


class ShownItem(Struct, frozen=True):
    """One item. *department* handles it now; *unmet* are preconditions to be granted, *missing* papers to come.

    *consolidated* is the lead department's opinion, null where there is none, or what it sums up has changed since.
    *result*: what stands for a department outside the system, null for others and before anything is told.
    """

    item: str
    name: str
    department: str
    mode: ModeName
    live: bool
    stage: Stage
    outcome: Outcome | None
    application: int
    requires: tuple[str, ...]
    unmet: list[str]
    missing: tuple[str, ...]
    suspensions: list[ShownSuspension]
    extensions: dict[str, int]
    round: int
    consultations: list[ShownConsultation]
    queue: list[ShownTurn]
    consolidated: Consolidated | None
    hearing: HearingStep
    forwarded: bool
    upper: str
    upper_received: bool
    external: bool
    result: ShownOutside | None
    evaluated: bool
    promise_days: int | None


class ShownComplaint(Struct, frozen=True):
    """One complaint, and how far it was handled; *department* answers it, the supervision bureau where empty."""

    complaint: str
    item: str
    department: str
    answered: bool
    closed: bool


class ProjectState(Struct, frozen=True):
    """One project. *version* counts its entries; *retracted* are the versions that no longer count."""

    id: UUID
    version: int
    law: str
    manager: str
    items: list[ShownItem]
    complaints: list[ShownComplaint]
    retracted: list[int]


def state_of(project: Project, outside: Mapping[str, ShownOutside]) -> ProjectState:
    """What *project* remembers, as it is shown; *outside*: results from outside, by item."""
    return ProjectState(
        id=project.id,
        version=project.version,
        law=project.law,
        manager=project.manager,
        items=[_item(project, code, item, outside.get(code)) for code, item in project.items.items()],
        complaints=[_complaint(code, complaint) for code, complaint in project.complaints.items()],
        retracted=sorted(project.retracted),
    )


def _item(project: Project, code: str, item: Item, result: ShownOutside | None) -> ShownItem:
    plan = item.plan
    return ShownItem(
        item=code,
        name=plan.name,
        department=item.department,
        mode=plan.mode,
        live=plan.live,
        stage=item.stage,
        outcome=item.outcome,
        application=item.application,
        requires=plan.requires,
        unmet=project.unmet(code),
        missing=item.missing,
        suspensions=[ShownSuspension(name, ground) for name, ground in item.suspensions.items()],
        extensions=item.extensions,
        round=item.round,
        consultations=[_consultation(asked) for asked in item.consultations.values()],
        queue=[
            ShownTurn(department, step, before.department)
            for department, step, before in queue(item.consultations).values()
        ],
        consolidated=item.consolidation,
        hearing=item.hearing,
        forwarded=item.forwarded,
        upper=item.upper,
        upper_received=item.upper_received,
        external=item.external,
        result=result,
        evaluated=item.evaluated,
        promise_days=plan.promise_days,
    )


def _consultation(asked: Consultation) -> ShownConsultation:
    answer = asked.answer
    return ShownConsultation(
        department=asked.department,
        step=asked.step,
        opinion=asked.opinion,
        round=asked.round,
        conditions=answer.conditions,
        reasons=answer.reasons,
        deemed=answer.deemed,
        article=answer.article or asked.article,
        clock=asked.clock,
        limit=asked.limit,
        line=asked.line,
        recalled=asked.recalled,
        stale=asked.stale,
        kept=asked.kept,
        forwarded_to=asked.forwarded_to,
        forwarded_from=asked.forwarded_from,
        earlier=asked.earlier,
    )


def _complaint(code: str, complaint: Complaint) -> ShownComplaint:
    return ShownComplaint(code, complaint.item, complaint.department, complaint.answered, complaint.closed)
