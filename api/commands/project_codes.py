"""One project for one code: a second registration under the same code is refused before anything is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from api.web.problems import Problem
from domain.access.cases import project_case
from domain.access.decision import may
from domain.access.principal import Caller
from domain.core.ledger import Refused
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.atomic.sequence import SequenceRefusedError
from infrastructure.project_codes import ProjectCodes

REGISTER = "register_project"
READ = "read:progress"  # who may see a project may learn which one has the code


@asynccontextmanager
async def project_code_claimed(
    approvals: Approvals, project_id: UUID, code: str, caller: Caller
) -> AsyncIterator[None]:
    """Hold the code of a registration for its project, and give it back where the registration is refused.

    Registers that are imported keep their own codes. Raises Refused project-code-taken.
    """
    if not may(caller, REGISTER).allowed:  # the rule of access refuses the command itself
        yield
        return
    codes = ProjectCodes(approvals.store)
    owner, is_new = await codes.claim(code, project_id)
    if owner != project_id:
        raise await _taken(approvals, code, owner, caller)
    try:
        yield
    except (Refused, SequenceRefusedError, Problem):
        if is_new:
            await codes.release(code, project_id)
        raise


async def require_code_free(approvals: Approvals, project_id: UUID, code: str, caller: Caller) -> None:
    """Refuse a registration under another project's *code*, and claim nothing. Raises Refused project-code-taken."""
    if not may(caller, REGISTER).allowed:  # the rule of access refuses the command itself
        return
    if other := await ProjectCodes(approvals.store).holder(code, project_id):
        raise await _taken(approvals, code, other, caller)


async def _taken(approvals: Approvals, code: str, owner: UUID, caller: Caller) -> Refused:
    """The refusal of a code that the project *owner* has, which is named to those who may see it."""
    project = await approvals.project(owner)
    is_visible = bool(project.version) and may(caller, READ, project_case(project)).allowed
    sentence = f"another project is registered under the code {code}"
    if not is_visible:
        advice = "register this project under its own code, or ask the zone's office whose code it is"
        return Refused("project-code-taken", sentence, remedy=advice)
    advice = f"continue with the project {owner}, or register this one under its own code"
    return Refused("project-code-taken", sentence, remedy=advice, project=str(owner))
