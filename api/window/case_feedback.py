"""Carrying out what the holder of a case's number and code complains of, or evaluates, by the commands' own rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from msgspec import ValidationError, convert

from api.commands.sender import ProjectCommand, ProjectCommandSender
from api.web.problems import Problem
from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Refused, Role
from domain.messages import AnyCommand
from domain.project.feedback.complaint import FileComplaint
from domain.project.feedback.evaluation import EvaluateService
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


def key_in(form: Mapping[str, str]) -> UUID:
    """The key that was made with the form. Raises Problem where it is none."""
    try:
        return UUID(form.get("key", ""))
    except ValueError as wrong:
        raise Problem("bad-request", "the form has lost its key", remedy="open the form again") from wrong
