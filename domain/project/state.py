"""What a project remembers in order to decide: its items, how far each has come, and what is still open."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, field

from domain.ledger import Actor, Refused, Role


class Stage(StrEnum):
    """How far one item has come. The order is the order of the law's key nodes."""

    NOT_STARTED = "not_started"
    SUBMITTED = "submitted"  # 申请
    SUPPLEMENTING = "supplementing"  # 补正
    ACCEPTED = "accepted"  # 受理, under examination
    DECLINED = "declined"  # 不予受理
    WITHDRAWN = "withdrawn"  # 撤回
    COMPLETED = "completed"  # 办结
    DELIVERED = "delivered"  # 送达


class Mode(StrEnum):
    """Which of the law's modes an item is handled in (Administrative Licensing Law 26, 34, 42, 43)."""

    ON_THE_SPOT = "on_the_spot"
    SINGLE = "single"
    JOINT = "joint"
    LOWER_REVIEW = "lower_review"


class Outcome(StrEnum):
    """How an item was decided."""

    GRANTED = "granted"  # 准予
    REFUSED = "refused"  # 不予许可
    TERMINATED = "terminated"  # 终止办理


class Opinion(StrEnum):
    """What a countersigning department answered."""

    AGREED = "agreed"
    AGREED_WITH_CONDITIONS = "agreed_with_conditions"
    OBJECTED = "objected"


OPEN_STAGES = (Stage.SUBMITTED, Stage.SUPPLEMENTING, Stage.ACCEPTED)
FRESH_STAGES = (Stage.NOT_STARTED, Stage.DECLINED, Stage.WITHDRAWN)


class PlannedItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service item (事项) as planned for a project."""

    item: str
    department: str
    name: str = ""
    requires: tuple[str, ...] = ()  # 前置条件: items that must be granted first
    mode: Mode = Mode.SINGLE
    promise_days: int | None = None  # 承诺时限, in the law's own unit
    live: bool = True  # false: the department works outside the system, its results are keyed in


class Consultation(Struct):
    """One department asked for its countersignature at one step."""

    department: str
    step: str
    asked_at: datetime
    opinion: Opinion | None = None


class Item(Struct):
    """One service item on one project."""

    plan: PlannedItem
    stage: Stage = Stage.NOT_STARTED
    outcome: Outcome | None = None
    application: int = 0  # how many times it was applied for; a new application starts its clocks afresh
    first_notice: tuple[str, ...] = ()  # 一次告知: everything the one notice asked for
    missing: tuple[str, ...] = ()  # of these, what is still to come
    suspensions: dict[str, str] = field(default_factory=dict)  # open ones: id -> ground
    suspension_ids: set[str] = field(default_factory=set)  # every id ever used on this application
    extended: set[str] = field(default_factory=set)  # clocks that were extended
    consultations: dict[str, Consultation] = field(default_factory=dict)  # by "department/step"
    external_document: str = ""  # number of the outside department's document
    evaluated: bool = False

    @property
    def department(self) -> str:
        return self.plan.department

    def renew(self) -> None:
        """Forget everything that belonged to the application before."""
        self.application += 1
        self.outcome, self.first_notice, self.missing = None, (), ()
        self.suspensions, self.suspension_ids, self.extended, self.consultations = {}, set(), set(), {}
        self.evaluated = False


class Complaint(Struct):
    """One complaint, as far as it has been handled."""

    item: str
    department: str
    by: str
    answered: bool = False
    closed: bool = False


class FactNote(Struct, frozen=True):
    """What a correction needs to know of an earlier entry."""

    fact: str
    item: str
    by: Actor
    occurred_at: datetime


class Project(Struct):
    """Everything decided so far about one investment project."""

    id: UUID
    version: int = 0
    law: str = ""
    manager: str = ""
    items: dict[str, Item] = field(default_factory=dict)
    complaints: dict[str, Complaint] = field(default_factory=dict)
    notes: list[FactNote] = field(default_factory=list)  # one an entry; notes[version - 1]
    retracted: set[int] = field(default_factory=set)  # versions that no longer count

    def item(self, code: str) -> Item:
        """The item *code*; refused where the project has none of that code."""
        try:
            return self.items[code]
        except KeyError:
            known = ", ".join(self.items) or "none yet"
            raise Refused(
                "unknown-item", f"{code} is not one of this project's items", remedy=f"the project's items: {known}"
            ) from None

    def unmet(self, code: str) -> list[str]:
        """The preconditions of item *code* that are not granted yet."""
        return [other for other in self.items[code].plan.requires if self.items[other].outcome is not Outcome.GRANTED]


def require_handler(code: str, item: Item, by: Actor) -> None:
    """Refuse unless *by* may act for the item's department: its officer, or the manager keying in for one outside."""
    if by.role in (Role.OFFICER, Role.SYSTEM) and by.department == item.department:
        return
    if by.role is Role.PROJECT_MANAGER and not item.plan.live:
        return
    raise Refused(
        "wrong-department",
        f"{code} belongs to {item.department}, not to {by.department or by.id} ({by.role})",
        remedy=f"an officer of {item.department} has to do this",
        department=item.department,
    )


def require_stage(code: str, item: Item, what: str, *stages: Stage) -> None:
    """Refuse *what* (a phrase such as 'be accepted') unless the item is at one of *stages*."""
    if item.stage not in stages:
        wanted = " or ".join(stages)
        raise Refused(
            "wrong-stage",
            f"{code} is {item.stage}, so it can't {what}",
            remedy=f"this passes while the item is {wanted}",
            stage=str(item.stage),
        )


def require_role(by: Actor, what: str, *roles: Role) -> None:
    """Refuse *what* unless *by* acts in one of *roles*."""
    if by.role not in roles:
        raise Refused("wrong-role", f"a {by.role} can't {what}", remedy=f"this is for: {', '.join(roles)}")
