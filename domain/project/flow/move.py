"""换版 moving a project to another edition of its flow: the items unchanged, replanned, added and dropped."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, structs

from domain.core.graph import circle, spelt
from domain.core.plan import PlannedItem
from domain.core.types import Stage
from domain.project.state.project import Item, Project


class Move(Struct, frozen=True):
    """The effects of a move on a project's items, by code.

    *unaffected* stay as they are; *changed* have other preconditions or, if not begun, another plan; *added* and
    *dropped* are new and removed. Three things forbid the move: *lost* are under way and would be dropped, *stranded*
    require a dropped item, *circle* is a cycle of preconditions.
    """

    unaffected: tuple[str, ...]
    changed: tuple[PlannedItem, ...]
    added: tuple[PlannedItem, ...]
    dropped: tuple[str, ...]
    lost: tuple[str, ...]
    stranded: tuple[str, ...]
    circle: str
    steps: tuple[str, ...]  # every item of the project that then comes from the flow

    @property
    def possible(self) -> bool:
        """Whether the move is allowed."""
        return not (self.lost or self.stranded or self.circle)


def begun(item: Item) -> bool:
    """Whether *item* was ever begun."""
    return item.stage is not Stage.NOT_STARTED or item.application > 0


def move_to(project: Project, plans: Iterable[PlannedItem]) -> Move:
    """The effects of replanning *project* by *plans*. Items planned by hand stay."""
    new = {plan.item: plan for plan in plans}
    of_flow = set(project.flow.steps) if project.flow else set()
    going = [code for code in project.items if code in of_flow and code not in new]
    lost = tuple(code for code in going if begun(project.items[code]))
    dropped = tuple(code for code in going if code not in lost)
    after = {code: item.plan for code, item in project.items.items() if code not in dropped}
    changed = []
    for code in [code for code in project.items if code in new]:
        plan = _replanned(project.items[code], new[code])
        if plan != project.items[code].plan:
            changed.append(plan)
        after[code] = plan
    added = tuple(plan for code, plan in new.items() if code not in project.items)
    after |= {plan.item: plan for plan in added}
    touched = {plan.item for plan in changed}
    return Move(
        unaffected=tuple(code for code in project.items if code not in touched and code not in going),
        changed=tuple(changed),
        added=added,
        dropped=dropped,
        lost=lost,
        stranded=tuple(code for code, plan in after.items() if not plan.preconditions <= after.keys()),
        circle=spelt(circle({code: plan.needs for code, plan in after.items()}, project.granted & after.keys())),
        steps=tuple(new),
    )


def _replanned(item: Item, plan: PlannedItem) -> PlannedItem:
    """*plan*; for an item under way only its preconditions and place, as its terms stay."""
    if not begun(item):
        return plan
    return structs.replace(
        item.plan,
        requires=plan.requires,
        requires_any=plan.requires_any,
        phase=plan.phase,
        milestone=plan.milestone,
    )
