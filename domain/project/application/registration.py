"""立项 registration: a project enters the zone with the list of items it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from domain.core.context import Context
from domain.core.graph import Groups, circle, spelt
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.plan import PlannedItem
from domain.core.rules import limit_of, require_mode, require_region, require_role
from domain.core.types import ITEMS_MAX, Code, Line, Mode, Name
from domain.legal_person.codes import require_uscc
from domain.project.rules import law_for
from domain.project.state.project import Item, Project

# Of a UUID made of a name (RFC 9562, 5.5). The other aggregates' ids are, so that their entries are found by name; the
# importer makes those of cases in a namespace of its own.
NAMED_ID_VERSION = 5
# 全国投资项目在线审批监管平台运行管理暂行办法 (2017), 第三条: 涉密项目及信息不得通过在线平台办理和传递.
CLASSIFIED = "全国投资项目在线审批监管平台运行管理暂行办法（2017年令第3号）第三条"


class Enterprise(Struct, frozen=True, forbid_unknown_fields=True):
    """The investing enterprise. *uscc* is its 统一社会信用代码, empty where it has none yet."""

    name: Line
    uscc: Name = ""


class RegisterProject(Command, frozen=True, tag="register_project"):
    """Bring a project into the zone (立项). An empty list of items is filled later with plan_item.

    *classified* asks whether it is a state secret (涉密项目): if so it is refused, and nothing of it is kept.
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
        """A project names its law when it is registered."""
        return self.law

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "register a project", Role.PROJECT_MANAGER, Role.SYSTEM)
        if project.law:
            raise Refused(
                "already-registered", "this project is already registered", remedy="use plan_item to add to it"
            )
        if context.law.id != self.law:
            raise Refused(
                "unknown-law",
                f"{self.law} is not a law this zone works under",
                remedy=f"the zone works under {context.law.id}",
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
    """One more item belongs to the project."""

    item: str
    plan: PlannedItem

    def apply(self, project: Project) -> None:
        project.items[self.item] = Item(self.plan)


def _classified() -> Refused:
    return Refused(
        "classified-project",
        "a classified project, and information on it, is not handled online",
        article=CLASSIFIED,
        remedy="register it on paper, with nothing of it in here",
    )


def require_own_id(project: Project, context: Context) -> None:
    """Refuse an id that another aggregate may need: a project there would keep it out for good."""
    if project.id.version == NAMED_ID_VERSION and context.by.role is not Role.SYSTEM:
        raise Refused(
            "id-reserved",
            f"{project.id} is an id of version 5, as calendars, catalogues, flows and legal persons have",
            remedy="choose a random id (version 4 or 7) for a project",
        )


def require_new(code: str, plan: Mapping[str, object]) -> None:
    """Refuse a second item of one code, and more items than a project can have."""
    if code in plan:
        raise Refused("item-repeated", f"{code} is planned twice", remedy="give each item a code of its own", item=code)
    if len(plan) >= ITEMS_MAX:
        raise Refused("too-many-items", f"a project has at most {ITEMS_MAX} items", remedy="split the project")


def require_lawful(planned: PlannedItem, context: Context) -> None:
    """Refuse a mode or special law the pack does not know, and a promise longer than the statute."""
    require_region(planned.item, planned.calendar, context.law, context)
    law = law_for(planned, context)
    require_mode(planned.item, planned.mode, law)
    require_participants(planned)
    limit = limit_of(law, "decision", planned.mode)
    if planned.promise_days is not None and planned.promise_days > limit.days:
        raise Refused(
            "promise-exceeds-statute",
            f"{planned.item} promises {planned.promise_days} days where the law allows {limit.days}",
            article=limit.article,
            remedy="a promise may only be shorter than the statute",
            item=planned.item,
        )


def require_participants(planned: PlannedItem) -> None:
    """Refuse participants of an item that is handled by one department alone, or the lead department among them."""
    joint = planned.mode == Mode.JOINT
    if not joint and (planned.participants or planned.joint_form):
        why = f"it is handled in the mode {planned.mode}"
    elif planned.department in planned.participants:
        why = f"{planned.department} leads, so it is no participant"
    else:
        return
    raise Refused(
        "participants-contradict",
        f"{planned.item} can't have these participants: {why}",
        article="行政许可法 26(2)",
        remedy="name other departments of an item in the mode joint",
        item=planned.item,
    )


def require_known(planned: PlannedItem, plan: Mapping[str, object]) -> None:
    """Refuse preconditions that are no items of the project."""
    for other in (code for group in planned.needs for code in group):
        if other not in plan and other != planned.item:
            raise Refused(
                "precondition-unknown",
                f"{planned.item} requires {other}, which is not one of the project's items",
                remedy=f"plan {other} first, or drop it from the preconditions",
                item=planned.item,
            )


def require_no_circle(needs: Mapping[str, Groups]) -> None:
    """Refuse preconditions that wait for each other, spelling the circle out."""
    if found := circle(needs):
        raise Refused("precondition-circle", f"{spelt(found)}: a circle", remedy="drop one of these preconditions")
