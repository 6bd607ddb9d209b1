"""A project's state as it is shown: what its own ledger says now, item by item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct, structs

from api.external.schemas import ShownExternal
from api.guard.judging import ProjectAccess
from api.html.translations import TABLES
from domain.core.types import HearingStep, ModeName, Outcome, Stage
from domain.law.packs.pack import Pack
from domain.law.packs.renewal import file_by, renews_by_silence
from domain.messages import Entry
from domain.project.application.registration import ProjectRegistered
from domain.project.state.consultation import Answer, Consolidated, Consultation, Opinion, queue
from domain.project.state.feedback import Complaint
from domain.project.state.project import Item, Licence, Project


class ShownSuspension(Struct, frozen=True):
    """One open suspension: the id that resume_clock takes, and the ground of the suspension."""

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
    *result*: the result of a department outside the system, null for others and before any report. *renews* is
    the licence that the application asks to be renewed; *renewed_by_silence*: no decision came by its last day.
    *licence* is what was granted for a time, and *renew_by* the last day on which to apply in time for its renewal.
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
    result: ShownExternal | None
    evaluated: bool
    promise_days: int | None
    renews: Licence | None
    renewed_by_silence: bool
    licence: Licence | None
    renew_by: date | None
    case_number: str


class ShownComplaint(Struct, frozen=True):
    """One complaint, and how far it was handled; *department* answers it, the supervision bureau where empty."""

    complaint: str
    item: str
    department: str
    answered: bool
    closed: bool


class Imported(Struct, frozen=True):
    """That a project is a case of another *register*, and a statement which figure is whose."""

    register: str
    case_id: str
    statement_zh: str
    statement_en: str


class ProjectState(Struct, frozen=True):
    """One project. *version* counts its entries; *retracted* are the versions that no longer count.

    *imported*: of which register it is a case; null for a project that began here.
    """

    id: UUID
    version: int
    law: str
    manager: str
    items: list[ShownItem]
    complaints: list[ShownComplaint]
    retracted: list[int]
    imported: Imported | None


def imported_from(entries: Sequence[Entry]) -> Imported | None:
    """The register that a project with these *entries* was imported from; None where it began here."""
    first = entries[0]
    if not first.recorded.source:
        return None
    register, _, rest = first.recorded.source.partition(":")
    code = first.fact.code if isinstance(first.fact, ProjectRegistered) else rest.partition(":")[0]
    return Imported(register, code, *TABLES["of_register"]["statement"])


def state_of(
    project: Project, outside: Mapping[str, ShownExternal], law: Pack, imported: Imported | None
) -> ProjectState:
    """What *project* remembers, as it is shown under its *law*; *outside*: results from outside, by item."""
    return ProjectState(
        id=project.id,
        version=project.version,
        law=project.law,
        manager=project.manager,
        items=[_item(project, code, item, outside.get(code), law) for code, item in project.items.items()],
        complaints=[_complaint(code, complaint) for code, complaint in project.complaints.items()],
        retracted=sorted(project.retracted),
        imported=imported,
    )


def readable_state(state: ProjectState, access: ProjectAccess) -> ProjectState:
    """*state* without what departments said to each other of items, and complaints, that the caller may not read."""
    return structs.replace(
        state,
        items=[item if access.on_item("read:history", item.item) else _without_opinions(item) for item in state.items],
        complaints=[
            complaint
            for complaint in state.complaints
            if access.on_department("read:feedback", complaint.item, complaint.department)
        ],
    )


def _without_opinions(item: ShownItem) -> ShownItem:
    """*item* in its present state, without the texts of opinions on it."""
    silent = [
        structs.replace(consultation, conditions=(), reasons="", earlier=()) for consultation in item.consultations
    ]
    return structs.replace(item, consultations=silent, consolidated=None)


def _item(project: Project, code: str, item: Item, result: ShownExternal | None, law: Pack) -> ShownItem:
    plan = item.plan
    return ShownItem(
        item=code,
        name=plan.name,
        department=item.department,
        mode=item.mode,
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
        consultations=[_consultation(consultation) for consultation in item.consultations.values()],
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
        renews=item.renews,
        renewed_by_silence=item.renewed_by_silence,
        licence=item.granted_as,
        case_number=item.case_number,
        renew_by=renew_by(item, law),
    )


def renew_by(item: Item, law: Pack) -> date | None:
    """The last day on which to apply in time for the renewal of what was granted; None where nothing has to be."""
    own = law.under(item.plan.special) if item.plan.special in law.specials else law
    if item.granted_as is None or item.outcome is not Outcome.GRANTED or not renews_by_silence(own, item.mode):
        return None
    return file_by(own, item.mode, item.granted_as.valid_through)


def _consultation(consultation: Consultation) -> ShownConsultation:
    answer = consultation.answer
    return ShownConsultation(
        department=consultation.department,
        step=consultation.step,
        opinion=consultation.opinion,
        round=consultation.round,
        conditions=answer.conditions,
        reasons=answer.reasons,
        deemed=answer.deemed,
        article=answer.article or consultation.article,
        clock=consultation.clock,
        limit=consultation.limit,
        line=consultation.line,
        recalled=consultation.recalled,
        stale=consultation.stale,
        kept=consultation.opinion_kept,
        forwarded_to=consultation.forwarded_to,
        forwarded_from=consultation.forwarded_from,
        earlier=consultation.earlier,
    )


def _complaint(code: str, complaint: Complaint) -> ShownComplaint:
    return ShownComplaint(code, complaint.item, complaint.department, complaint.answered, complaint.closed)
