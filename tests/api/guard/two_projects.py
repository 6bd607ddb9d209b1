"""Two projects with one story, of different people: nothing of the other one may be shown to the people of the first.

Every text in the other one holds a mark that nothing else holds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from msgspec import convert, structs, to_builtins

from domain.core.ledger import Actor, Role
from domain.examples.people import ENTERPRISE, MANAGER, Step
from domain.examples.story import STORY
from domain.messages import COMMANDS, AnyCommand, tag_of
from domain.project.information.recording import EnteredField, RecordInformation
from infrastructure.ledger.approvals import Approvals
from tests.infrastructure.projector.test_projector import project_all

OWN, OTHER = UUID("0193f0a2-7c00-7000-8000-0000000000a1"), UUID("0193f0a2-7c00-7000-8000-0000000000b1")
MARK, CALLED, PHONE = "ZQXVKJ", "慕容静", "13800001111"
OTHER_CODE = "91420100MA0LM20268"
OTHER_DIGEST = "b" * 64
DEPARTMENTS = sorted({step.by.department for step in STORY if step.by.role in (Role.OFFICER, Role.INTEGRATOR)})
OTHERS = {
    **{department: f"{department}-other" for department in (*DEPARTMENTS, "zone-office")},
    MANAGER.id: "other.manager",
    ENTERPRISE.id: "other.enterprise",
    ENTERPRISE.department: OTHER_CODE,
}
TEXTS = {"about", "reasons", "answer", "remarks", "text", "comment", "evidence", "recipient", "plan", "measures"}
LISTS = {"missing", "lacking", "provided", "materials", "conditions", "papers"}
CONTACTS = RecordInformation(
    category="contacts", fields=(EnteredField(key="name", value=CALLED), EnteredField(key="phone", value=PHONE))
)


def of_others(value: Any, key: str = "") -> Any:
    """*value* of a command as the people of the other project say it."""
    if isinstance(value, dict):
        return {name: of_others(part, name) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [
            f"{MARK} {member}" if key in LISTS and isinstance(member, str) else of_others(member, key)
            for member in value
        ]
    if not isinstance(value, str) or not value:
        return value
    if key == "digest":
        return OTHER_DIGEST
    if key == "step":
        return value.replace(":environment", f":{OTHERS['environment']}")
    named = key == "name" and not value.isascii()
    return f"{MARK} {value}" if key in TEXTS or named else OTHERS.get(value, value)


def other_actor(by: Actor) -> Actor:
    """The colleague of *by* who has to do with the other project."""
    if by.role is Role.SUPERVISOR:
        return by
    return Actor(OTHERS.get(by.id, f"other.{by.id}"), OTHERS[by.department], by.role)


def other_step(step: Step) -> Step:
    """*step* as it was taken in the other project."""
    command: AnyCommand = convert(of_others(to_builtins(step.dated)), COMMANDS[tag_of(step.command)])  # type: ignore[assignment]
    return Step(step.at, other_actor(step.by), command)


async def tell_both(approvals: Approvals) -> None:
    """Send both projects the commands of their stories."""
    entered = Step(STORY[-1].at, MANAGER, CONTACTS)
    for step in (*STORY, entered):
        await approvals.handle(OWN, step.dated, step.by, uuid4())
        other = other_step(step)
        await approvals.handle(OTHER, other.dated, other.by, uuid4())


@asynccontextmanager
async def two_projects(url: str) -> AsyncIterator[Approvals]:
    """The application over the database at *url*, with both projects, projected."""
    async with Approvals(url) as opened:
        await tell_both(opened)
        project_all(url)
        yield opened


def dated(command: AnyCommand) -> AnyCommand:
    """*command* as it is sent now."""
    return structs.replace(command, occurred_at=None)
