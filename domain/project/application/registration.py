"""立项 registration: a project enters the zone with the items it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from domain.core.context import Context
from domain.core.graph import Groups, circle, spelt
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.plan import PlannedItem
from domain.core.rules import limit_of, require_mode, require_promise_within, require_region, require_role
from domain.core.types import ITEMS_MAX, Code, Line, Mode, Name
from domain.legal_person.codes import require_uscc
from domain.project.rules import law_for
from domain.project.state.project import Item, Project

# Name-based UUIDs (RFC 9562, 5.5): the ids of all other aggregates, derived from their names. The importer derives
# those of cases in a namespace of its own.
NAMED_ID_VERSION = 5
# 全国投资项目在线审批监管平台运行管理暂行办法 (2017), 第三条: 涉密项目及信息不得通过在线平台办理和传递.
CLASSIFIED = "全国投资项目在线审批监管平台运行管理暂行办法（2017年令第3号）第三条"


class Enterprise(Struct, frozen=True, forbid_unknown_fields=True):
    """The investing enterprise. *uscc* is its 统一社会信用代码, empty if it has none yet."""

    name: Line
    uscc: Name = ""


class RegisterProject(Command, frozen=True, tag="register_project"):
    """Register a project in the zone (立项). Items may be added later with plan_item.

    *classified* marks a state secret (涉密项目), which is refused without storing anything of it.
    """

    name: Line
    enterprise: Enterprise
    manager: Code
    code: Name = ""
    law: Name = "cn-licensing"
    items: Annotated[tuple[PlannedItem, ...], Meta(max_length=ITEMS_MAX)] = ()
    classified: bool = False

    @property
    def law_named(self) -> str:
        """The law the project is registered under."""
        return self.law

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "register a project", Role.PROJECT_MANAGER, Role.SYSTEM)
        if project.law:
            raise Refused("already-registered", "this project is already registered", remedy="add items with plan_item")
        if context.law.id != self.law:
            raise Refused(
                "unknown-law",
                f"this zone does not work under the law {self.law}",
                remedy=f"set law to {context.law.id}",
                law=self.law,
            )
        require_own_id(project, context)
        if self.classified:
            raise _classified()
        if self.enterprise.uscc:
            require_uscc(self.enterprise.uscc)
        plan: dict[str, PlannedItem] = {}
        for planned in self.items:
            require_new(planned.item, plan)
            plan[planned.item] = planned
        for planned in self.items:
            require_lawful(planned, context)
            require_known(planned, plan)
        require_no_circle({code: planned.needs for code, planned in plan.items()})
        return (
            ProjectRegistered(
                name=self.name,
                code=self.code,
                enterprise=self.enterprise,
                manager=self.manager,
                law=self.law,
                items=self.items,
            ),
        )


class ProjectRegistered(Fact, frozen=True, tag="project_registered"):
    """立项."""

    name: str
    enterprise: Enterprise
    manager: str
    code: str
    law: str
    items: tuple[PlannedItem, ...]

    def apply(self, project: Project) -> None:
        project.law, project.manager, project.uscc = self.law, self.manager, self.enterprise.uscc
        project.items = {planned.item: Item(planned) for planned in self.items}


class PlanItem(Command, frozen=True, tag="plan_item"):
    """Add one item to a registered project."""

    item: PlannedItem

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "plan an item", Role.PROJECT_MANAGER, Role.SYSTEM)
        require_new(self.item.item, project.items)
        require_lawful(self.item, context)
        require_known(self.item, project.items)
        needs = {code: item.plan.needs for code, item in project.items.items()}
        require_no_circle({**needs, self.item.item: self.item.needs})
        return (ItemPlanned(item=self.item.item, plan=self.item),)


class ItemPlanned(Fact, frozen=True, tag="item_planned"):
    """One more item was planned for the project."""

    item: str
    plan: PlannedItem

    def apply(self, project: Project) -> None:
        project.items[self.item] = Item(self.plan)


def registered_code(command: Command) -> str:
    """The code that *command* registers a project under; empty where it registers none."""
    return command.code if type(command) is RegisterProject else ""


def _classified() -> Refused:
    return Refused(
        "classified-project",
        "a classified project must not be handled online, nor any information on it",
        article=CLASSIFIED,
        remedy="register it on paper, outside this system",
    )


def require_own_id(project: Project, context: Context) -> None:
    """Refuse an id that another aggregate may need: a project would block it permanently."""
    if project.id.version == NAMED_ID_VERSION and context.by.role is not Role.SYSTEM:
        raise Refused(
            "id-reserved",
            f"{project.id} is a version 5 id, reserved for calendars, catalogues, flows and legal persons",
            remedy="use an id of version 4 or 7 for the project",
        )


def require_new(code: str, plan: Mapping[str, object]) -> None:
    """Refuse a repeated item code, and more items than a project can have."""
    if code in plan:
        raise Refused("item-repeated", f"{code} is already planned", remedy="give each item its own code", item=code)
    if len(plan) >= ITEMS_MAX:
        raise Refused("too-many-items", f"a project has at most {ITEMS_MAX} items", remedy="split the project")


def require_lawful(planned: PlannedItem, context: Context) -> None:
    """Refuse a mode or special law the pack does not have, and a promise longer than the statutory limit."""
    require_region(planned.item, planned.calendar, context.law, context)
    law = law_for(planned, context)
    require_mode(planned.item, planned.mode, law)
    require_participants(planned)
    limit = limit_of(law, "decision", planned.mode)
    require_promise_within(planned.item, planned.promise_days, law, limit)


def require_participants(planned: PlannedItem) -> None:
    """Refuse participants of an item that is not joint, and the lead department among them."""
    joint = planned.mode == Mode.JOINT
    if not joint and (planned.participants or planned.joint_form):
        why = f"it is handled in the mode {planned.mode}"
    elif planned.department in planned.participants:
        why = f"{planned.department} is the lead department"
    else:
        return
    raise Refused(
        "participants-contradict",
        f"{planned.item} can't have these participants: {why}",
        article="行政许可法 26(2)",
        remedy="set the mode to joint and name departments other than the lead department",
        item=planned.item,
    )


def require_known(planned: PlannedItem, plan: Mapping[str, object]) -> None:
    """Refuse preconditions that are not items of the project."""
    for group in planned.needs:
        for other in group:
            if other not in plan and other != planned.item:
                raise Refused(
                    "precondition-unknown",
                    f"{planned.item} requires {other}, which is not one of the project's items",
                    remedy=f"plan {other} first, or drop it from the preconditions",
                    item=planned.item,
                )


def require_no_circle(needs: Mapping[str, Groups]) -> None:
    """Refuse cyclic preconditions, spelling out the cycle."""
    if cycle := circle(needs):
        raise Refused(
            "precondition-circle",
            f"the preconditions form a cycle: {spelt(cycle)}",
            remedy="drop one of these preconditions",
        )
