"""An enterprise and a department that have as much in a ledger of any size, for questions about one of them.

Copies of a simulated zone share its enterprises and departments: in a ledger a hundred times as large each has a
hundred times as many projects, and on its desk. A real zone that grows gets more enterprises, and offices in them. So
each ledger gets an enterprise that has three projects, like most of a zone, and a department whose desk fills a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from uuid import uuid4

from msgspec import structs

from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.legal_person.registration import RegisterLegalPerson
from domain.legal_person.state import Particulars, PersonKind, stream_of
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.application.supplement import RequestSupplement
from infrastructure.ledger.approvals import Approvals
from scripts.benches.commands import ENTERPRISE, ITEMS, MANAGER, project_life, registration

CODE, NAME = "91110115MA0QM2022M", "启明湾量子测量仪器有限公司"
PROJECTS = 3
APPLICANT = Actor("qimingwan", CODE, Role.APPLICANT)
OFFICE = "quantum-office"
OFFICER = Actor("gu.yan", OFFICE)
DESK_PROJECTS = 9  # with an item in three to accept, in three to decide, and in three to be completed by the applicant


async def settle(url: str) -> None:
    """Enter the enterprise with its projects, and those of the department, into the ledger at *url*."""
    particulars = Particulars(name=NAME, kind=PersonKind.COMPANY)
    async with Approvals(url) as approvals:
        command = RegisterLegalPerson(code=CODE, particulars=particulars, source="市场主体登记")
        await approvals.handle(stream_of(CODE), command, MANAGER, uuid4())
        own = (project_life(project_of_its_own(f"{NAME}{nth + 1}号厂房"), APPLICANT) for nth in range(PROJECTS))
        on_desk = (project_under_way(f"量子谷{nth + 1}号厂房") for nth in range(DESK_PROJECTS))
        for life in chain(own, on_desk):
            project = uuid4()
            for step, by in life:
                await approvals.handle(project, step, by, uuid4())


def project_of_its_own(name: str) -> RegisterProject:
    """The command that registers a project of the enterprise."""
    return structs.replace(registration(), name=name, enterprise=Enterprise(NAME, CODE))


def project_under_way(name: str) -> Iterator[tuple[AnyCommand, Actor]]:
    """The commands of a project all of whose items are on the department's desk."""
    plans = tuple(PlannedItem(item=f"item-{nth}", department=OFFICE) for nth in range(ITEMS))
    yield structs.replace(registration(), name=name, items=plans), MANAGER
    for nth, plan in enumerate(plans):
        yield SubmitItem(item=plan.item, materials=("form",)), ENTERPRISE
        if nth % 3 == 1:
            yield AcceptItem(item=plan.item), OFFICER
        elif nth % 3 == 2:
            yield RequestSupplement(item=plan.item, missing=("site plan",)), OFFICER
