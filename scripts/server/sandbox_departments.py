"""The simulated departments of a sandbox: the beginning of a project's code says what they do with its items."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from enum import StrEnum
from uuid import UUID, uuid5

import structlog
from msgspec import Struct
from psycopg.sql import SQL

from domain.core.ledger import Actor, Refused, Role
from domain.core.types import Mode, Outcome
from domain.law.licensing.review import DECISION
from domain.law.proof import Rung
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.delivery import DeliverDecision
from domain.project.application.forwarding import ForwardItem, ReceiveForwardedItem
from domain.project.application.supplement import RequestSupplement
from domain.project.application.undertaking import CheckUndertaking
from domain.project.countersignature.request import Countersign
from domain.project.state.consultation import Opinion
from domain.project.state.project import Item, Project
from domain.project.waiting.chain import blockers
from domain.project.waiting.wait import HeldBy, Wait, WaitKind, waits_of
from infrastructure.ledger.approvals import Approvals

PREFIX = "sandbox-"
WAITING = SQL("""
    SELECT p.project, p.code FROM views.project AS p JOIN views.waiting AS w ON w.project = p.project
    WHERE p.code LIKE 'sandbox-%' AND p.register = '' AND w.kind <> 'precondition'
        AND (w.held_by = 'department' OR w.kind = 'upper_level')
    GROUP BY p.project, p.code ORDER BY min(w.since), p.project
""")
ACTS_MAX = 2_000  # of one project at one instant: 200 items need about five each
OFFICER = "沙箱经办人"  # the name under which officers of every department act
SUPPLEMENT = ("补正材料",)
REASONS = "沙箱项目，按项目代码模拟不予许可"
FINDINGS = "沙箱项目，模拟核查属实"
DELIVERED_BY = "window"

log = structlog.get_logger()


class Conduct(StrEnum):
    """What the simulated departments do, by the beginning of the project's code."""

    GRANTED = "sandbox-granted"  # also what any other code beginning with "sandbox-" means
    REFUSED = "sandbox-refused"
    SUPPLEMENT = "sandbox-supplement"
    LATE = "sandbox-late"
    SILENT = "sandbox-silent"

    @classmethod
    def of(cls, code: str) -> Conduct | None:
        """What *code* asks for; None for projects that the simulated departments leave alone."""
        if not code.startswith(PREFIX):
            return None
        return next((conduct for conduct in cls if code.startswith(conduct.value)), cls.GRANTED)


class DepartmentAct(Struct, frozen=True):
    """A command that a simulated officer of *department* sends."""

    item: str
    department: str
    command: AnyCommand


class SandboxDepartments:
    """Officers that act on projects whose code begins with "sandbox-", through the ordinary commands."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals

    async def act(self) -> int:
        """Do everything that the departments would do at this instant; how many acts that were.

        The views have to have caught up.
        """
        async with self._approvals.store.cursor() as cursor:
            await cursor.execute(WAITING)
            rows: list[tuple[UUID, str]] = await cursor.fetchall()
        count = 0
        for project, code in rows:
            conduct = Conduct.of(code)
            if conduct is not None and conduct is not Conduct.SILENT:
                count += await self._act_on(project, conduct)
        return count

    async def _act_on(self, project_id: UUID, conduct: Conduct) -> int:
        """Carry out one act after the other, as each may lead to the next; how many."""
        refused: set[str] = set()  # items that wait for something else, such as an outstanding paper
        count = 0
        for _ in range(ACTS_MAX):
            project = await self._approvals.project(project_id)
            act = next(acts_on(project, conduct, refused), None)
            if act is None:
                break
            by = Actor(OFFICER, act.department, Role.OFFICER)
            command_id = uuid5(project_id, f"{PREFIX}{project.version} {act.item}")
            try:
                await self._approvals.handle(project_id, act.command, by, command_id)
                count += 1
            except Refused as refusal:
                refused.add(act.item)
                log.info("sandbox_act_refused", project=str(project_id), item=act.item, code=refusal.code)
        return count


def acts_on(project: Project, conduct: Conduct, without: Collection[str] = ()) -> Iterator[DepartmentAct]:
    """What departments would do on *project* now, but for the items *without*."""
    blocked = blockers(project)
    for code, item in project.items.items():
        if code in without:
            continue
        for wait in waits_of(project, item, bool(blocked[code])):
            # An upper level outside the system has no code: the department enters what it did.
            is_theirs = wait.held_by is HeldBy.DEPARTMENT or wait.kind is WaitKind.UPPER_LEVEL
            answer = ANSWERS.get(wait.kind) if is_theirs else None
            command = answer(project, item, wait, conduct) if answer else None
            if command is not None:
                yield DepartmentAct(code, wait.holder or item.department, command)


def intake(_: Project, item: Item, __: Wait, conduct: Conduct) -> AnyCommand:
    """Accept, or ask for a supplement once."""
    code = item.plan.item
    if conduct is Conduct.SUPPLEMENT and not item.first_notice:
        return RequestSupplement(item=code, missing=SUPPLEMENT)
    return AcceptItem(item=code)


def decision(project: Project, item: Item, _: Wait, conduct: Conduct) -> AnyCommand | None:
    """Grant or refuse; None while a late department has not got the card for its decision."""
    code = item.plan.item
    if item.mode == Mode.LOWER_REVIEW and not item.forwarded:
        return ForwardItem(item=code)
    if conduct is Conduct.REFUSED:
        return CompleteItem(item=code, outcome=Outcome.REFUSED, reasons=REASONS)
    if conduct is Conduct.LATE and not is_overdue(project, item):
        return None
    return CompleteItem(item=code, outcome=Outcome.GRANTED)


def is_overdue(project: Project, item: Item) -> bool:
    """Whether the decision clock of the current application has its card."""
    current = (item.application, DECISION.name)
    return any(
        signal.item == item.plan.item
        and signal.rung is Rung.CARD
        and signal.key is not None
        and signal.key[:2] == current
        and not signal.rescinded
        for signal in project.signals.values()
    )


def forwarded(project: Project, item: Item, wait: Wait, conduct: Conduct) -> AnyCommand | None:
    """Receive the file at the upper level, which decides; one outside the system holds the item until then."""
    if item.upper_received:
        return decision(project, item, wait, conduct)
    return ReceiveForwardedItem(item=item.plan.item)


def opinion(_: Project, item: Item, wait: Wait, __: Conduct) -> AnyCommand:
    """Agree to the application that is countersigned, at the step that is waited for."""
    return Countersign(item=item.plan.item, opinion=Opinion.AGREED, step="".join(wait.on))


def delivery(_: Project, item: Item, __: Wait, ___: Conduct) -> AnyCommand:
    """Hand the decision over."""
    return DeliverDecision(item=item.plan.item, method=DELIVERED_BY)


def check(_: Project, item: Item, __: Wait, ___: Conduct) -> AnyCommand:
    """Find that an undertaking was kept."""
    return CheckUndertaking(item=item.plan.item, kept=True, findings=FINDINGS)


ANSWERS: dict[WaitKind, Callable[[Project, Item, Wait, Conduct], AnyCommand | None]] = {
    WaitKind.ACCEPTANCE: intake,
    WaitKind.COUNTERSIGNATURE: opinion,
    WaitKind.UPPER_LEVEL: forwarded,
    WaitKind.DECISION: decision,
    WaitKind.DELIVERY: delivery,
    WaitKind.CHECK: check,
}
