"""An enterprise that has as many projects in a ledger of any size, for questions about one enterprise.

Copies of a simulated zone share its enterprises: in a ledger a hundred times as large each has a hundred times as many
projects. A real zone that grows gets more enterprises. So each ledger gets one that has three, like most of a zone.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from msgspec import structs

from domain.core.ledger import Actor, Role
from domain.legal_person.registration import RegisterLegalPerson
from domain.legal_person.state import Particulars, PersonKind, stream_of
from domain.project.application.registration import Enterprise
from infrastructure.ledger.approvals import Approvals
from scripts.benches.commands import MANAGER, project_life, registration

CODE, NAME = "91110115MA0QM2022M", "启明湾量子测量仪器有限公司"
PROJECTS = 3
APPLICANT = Actor("qimingwan", CODE, Role.APPLICANT)


async def settle(url: str) -> None:
    """Enter the enterprise and its projects into the ledger at *url*."""
    particulars = Particulars(name=NAME, kind=PersonKind.COMPANY)
    async with Approvals(url) as approvals:
        command = RegisterLegalPerson(code=CODE, particulars=particulars, source="市场主体登记")
        await approvals.handle(stream_of(CODE), command, MANAGER, uuid4())
        for nth in range(PROJECTS):
            project: UUID = uuid4()
            named = structs.replace(registration(), name=f"{NAME}{nth + 1}号厂房", enterprise=Enterprise(NAME, CODE))
            for step, by in project_life(named, APPLICANT):
                await approvals.handle(project, step, by, uuid4())
