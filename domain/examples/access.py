"""The story of a zone's directory: a tested example of every command to principals and departments.

Two administrators grant roles to an officer, an auditor and a department's program; an enterprise appoints an agent;
the officer goes on leave and is back early; keys are rotated and revoked; the auditor leaves; two departments merge.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from msgspec import Struct, structs

from domain.access.absence import DismissDeputy, NameDeputy, RecordLeave
from domain.access.departments import DEPARTMENTS_STREAM, MergeDepartments
from domain.access.grants import AppointAgent, ConfirmGrant, DismissAgent, GiveGrant, ProposeGrant, WithdrawGrant
from domain.access.keys import IssueKey, RevokeKey, RotateKey
from domain.access.messages import DepartmentsCommand, PrincipalCommand
from domain.access.principal import PrincipalKind
from domain.access.registration import ClosePrincipal, RegisterPrincipal
from domain.access.state import stream_of
from domain.core.context import Context
from domain.core.ledger import Actor, Recorded, Role
from domain.examples.people import ENTERPRISE, LAND, PROJECT, moment
from domain.law.packs.pack import Pack
from domain.messages import Entry, tag_of
from domain.streams import decide, replay

ADMINISTRATOR = Actor("xu.jing", "zone-office", Role.ADMINISTRATOR)
SECOND_ADMINISTRATOR = Actor("fan.rui", "zone-office", Role.ADMINISTRATOR)
OFFICER, AUDITOR, AGENT, PROGRAM = "li.qiang", "shen.yan", "qian.bo", "tax-exchange"


def grant_of(principal: str, version: int) -> UUID:
    """The id of the grant that entry *version* of *principal* gives."""
    return uuid5(stream_of(principal), f"grant/{version}")


class AccessStep(Struct, frozen=True):
    """One command of the story: who sent it, and when."""

    at: datetime
    by: Actor
    command: PrincipalCommand | DepartmentsCommand

    @property
    def dated(self) -> PrincipalCommand | DepartmentsCommand:
        """The command as it has to be sent today to have happened then."""
        return structs.replace(self.command, occurred_at=self.at)

    @property
    def stream(self) -> UUID:
        """Where its facts go."""
        command = self.command
        return DEPARTMENTS_STREAM if isinstance(command, MergeDepartments) else stream_of(command.principal)


def steps(at: str, by: Actor, *commands: PrincipalCommand | DepartmentsCommand) -> list[AccessStep]:
    """Commands one person sent in one go."""
    return [AccessStep(moment(at), by, command) for command in commands]


ACCESS_STORY = (
    *steps(
        "2026-02-20 09:00",
        ADMINISTRATOR,
        RegisterPrincipal(principal=OFFICER, name="李强", contact="027-5550111"),
        RegisterPrincipal(principal=AUDITOR, name="沈岩"),
        RegisterPrincipal(principal=AGENT, name="钱波"),
        RegisterPrincipal(principal=PROGRAM, name="税务数据对接", kind=PrincipalKind.PROGRAM),
        GiveGrant(principal=OFFICER, role=Role.OFFICER, over="natural-resources", reasons="建设用地科经办人"),
        GiveGrant(principal=PROGRAM, role=Role.INTEGRATOR, over="tax"),
        ProposeGrant(principal=AUDITOR, role=Role.AUDITOR, reasons="年度审计"),
    ),
    *steps("2026-02-20 10:00", SECOND_ADMINISTRATOR, ConfirmGrant(principal=AUDITOR, grant=grant_of(AUDITOR, 2))),
    *steps(
        "2026-02-20 11:00",
        ADMINISTRATOR,
        IssueKey(
            principal=PROGRAM,
            key="tax2026a",
            digest="a" * 64,
            grant=grant_of(PROGRAM, 2),
            scopes=("commands:reconcile_external_result", "read:progress"),
            expires_at=moment("2027-02-20 00:00"),
        ),
    ),
    *steps(
        "2026-03-02 08:30",
        ENTERPRISE,
        AppointAgent(
            principal=AGENT,
            enterprise=ENTERPRISE.department,
            projects=(PROJECT,),
            valid_until=moment("2026-12-31 00:00"),
            mandate="授权委托书（示例）",
        ),
    ),
    *steps(
        "2026-05-06 09:00",
        LAND,
        RecordLeave(
            principal=OFFICER,
            valid_from=moment("2026-05-11 00:00"),
            valid_until=moment("2026-05-16 00:00"),
            reasons="年休假",
        ),
        NameDeputy(
            principal=OFFICER,
            deputy="zhang.wei",
            valid_from=moment("2026-05-11 00:00"),
            valid_until=moment("2026-05-16 00:00"),
        ),
    ),
    *steps("2026-05-14 09:00", LAND, DismissDeputy(principal=OFFICER, deputy="zhang.wei", reasons="提前返岗")),
    *steps(
        "2026-06-01 09:00",
        ADMINISTRATOR,
        RotateKey(principal=PROGRAM, key="tax2026a", digest="b" * 64, old_until=moment("2026-06-08 09:00")),
    ),
    *steps(
        "2026-07-01 09:00",
        ADMINISTRATOR,
        WithdrawGrant(principal=AUDITOR, grant=grant_of(AUDITOR, 2), reasons="审计结束"),
        RevokeKey(principal=PROGRAM, key="tax2026a", reasons="接口停用"),
        ClosePrincipal(principal=AUDITOR, reasons="调离"),
        MergeDepartments(
            department="planning",
            into="natural-resources",
            valid_from=moment("2026-07-15 00:00"),
            paper="机构改革方案（示例）",
        ),
    ),
    *steps(
        "2026-07-02 09:00",
        ENTERPRISE,
        DismissAgent(principal=AGENT, enterprise=ENTERPRISE.department, reasons="项目转由本企业人员办理"),
    ),
)
ACCESS_EXAMPLES: dict[str, AccessStep] = {tag_of(step.command): step for step in reversed(ACCESS_STORY)}


def access_entries(law: Pack) -> list[Entry]:
    """The entries that result from the story under *law*, of all its streams, in the order of the story."""
    streams: dict[UUID, list[Entry]] = {}
    entries: list[Entry] = []
    for number, step in enumerate(ACCESS_STORY, start=1):
        own = streams.setdefault(step.stream, [])
        recorded = Recorded(step.by, UUID(int=number), law.name)
        for fact in decide(step.command, replay(step.stream, own), Context(step.by, step.at, step.at, law)):
            own.append(Entry(step.stream, len(own) + 1, step.at, step.at, fact, recorded))
            entries.append(own[-1])
    return entries
