"""Carrying out what the holder of a case's number and code complains of, or evaluates, by the commands' own rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from msgspec import ValidationError, convert

from api.commands.sender import ProjectCommand, ProjectCommandSender
from api.html.numbers import FILED, filed_number
from api.web.problems import Problem
from domain.access.principal import Caller, PrincipalKind
from domain.as_of import settled
from domain.core.ledger import Fact, Refused, Role
from domain.messages import AnyCommand, Entry
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.feedback.complaint import ComplaintFiled, FileComplaint
from domain.project.feedback.evaluation import EvaluateService, ServiceEvaluated
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.sent_command import DIRECT
from infrastructure.materials.store import MaterialStore
from infrastructure.window.quotas import FEEDBACK, seconds_to_wait
from projections.window.query import WindowCase, WindowCases

NAMESPACE = UUID("c6d4c6a2-02a4-4d5e-8b0e-6a3d3f1a7b90")  # permanent: a form sent twice is found by its key
HOLDER = "case:"  # begins the id of who acts by number and code
FIELD_OF = {
    "complaint-empty": "about",
    "complaint-names-complainant": "contact",
    "grade-unexplained": "comment",
    "already-evaluated": "grade",
    "no-contact": "grade",
}
HANDED_IN: Mapping[str, type[Fact]] = {"complaint": ComplaintFiled, "evaluation": ServiceEvaluated}  # by `done`
NO_GRADE, QUOTA = "grade-missing", "quota"

Fault = tuple[str, str, str]  # the field, the code of what is wrong, and the sentence of who refused


async def carry_out(
    approvals: Approvals,
    materials: MaterialStore,
    case: WindowCase,
    kind: type[FileComplaint | EvaluateService],
    fields: Mapping[str, Any],
    key: UUID,
) -> Fault | None:
    """Carry the command out for the holder of the case's number; what was wrong with it, None where nothing was."""
    try:
        command: AnyCommand = convert(fields, kind)
    except ValidationError as wrong:
        return ("about" if kind is FileComplaint else "comment", "too-long", str(wrong))
    if await seconds_to_wait(approvals.store, FEEDBACK, case.case_number, approvals.clock()):
        return "", QUOTA, "the quota of the case is used up"
    enterprise = await WindowCases(approvals.store).enterprise_of(case.project)
    caller = Caller(f"{HOLDER}{case.case_number}", "", PrincipalKind.PERSON, Role.APPLICANT, enterprise)
    sender = ProjectCommandSender(approvals, materials, caller, DIRECT)
    try:
        await sender.carry_out(ProjectCommand(case.project, command, uuid5(NAMESPACE, str(key)), None))
    except Refused as refused:
        return FIELD_OF.get(refused.code, ""), refused.code, refused.sentence
    return None


async def filed_by_number(approvals: Approvals, case: WindowCase, now: datetime) -> list[Entry]:
    """The complaints and evaluations that holders of the case's number have filed, the last one first."""
    entries = await approvals.entries_with(case.project, ComplaintFiled, ServiceEvaluated, EntryAmended, EntryRetracted)
    holder = f"{HOLDER}{case.case_number}"
    filed = [
        entry for entry in settled(entries, now, now) if type(entry.fact) in FILED and entry.recorded.actor.id == holder
    ]
    return sorted(filed, key=lambda entry: entry.position, reverse=True)


def filed_feedback(filed: list[Entry], done: str) -> dict[str, object]:
    """What was *filed*, for the page of the case, and which of it was just *done*, by the word in the address."""
    latest = next((entry for entry in filed if HANDED_IN.get(done) is type(entry.fact)), None)
    return {"filed": filed, "filed_now": latest, "filed_number": filed_number}


def key_in(form: Mapping[str, str]) -> UUID:
    """The key that was made with the form. Raises Problem where it is none."""
    try:
        return UUID(form.get("key", ""))
    except ValueError as wrong:
        raise Problem("bad-request", "the form has lost its key", remedy="open the form again") from wrong
