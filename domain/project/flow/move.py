"""换版 moving a project to another edition of its flow: what stays, changes, comes and goes."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, structs

from domain.core.graph import circle, spelt
from domain.core.plan import PlannedItem
from domain.core.types import Stage
from domain.project.state.project import Item, Project


class Move(Struct, frozen=True):
    """What a move does to a project's items, by their codes.

    *kept* stay as they are; *changed* wait for other items, or, not begun, are planned anew; *added* come, *dropped*
    go. *lost* were begun and would go, *stranded* wait for one that goes, and *circle* would wait for itself: none of
    these three may be, so each of them forbids the move.
    """

    unaffected: tuple[str, ...]
    changed: tuple[PlannedItem, ...]
    added: tuple[PlannedItem, ...]
    dropped: tuple[str, ...]
    lost: tuple[str, ...]
    stranded: tuple[str, ...]
    circle: str
    steps: tuple[str, ...]  # every item of the project that is then the flow's

    @property
    def possible(self) -> bool:
        """Whether nothing forbids it."""
        return not (self.lost or self.stranded or self.circle)


def begun(item: Item) -> bool:
    """Whether anything was ever done about *item*."""
    return item.stage is not Stage.NOT_STARTED or item.application > 0


def move_to(project: Project, plans: Iterable[PlannedItem]) -> Move:
    """What planning *project* by *plans* instead would do to it. Items planned by hand stay."""
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
    """*plan*; of an item that was begun only its place among the others: its terms stay as they were."""
    if not begun(item):
        return plan
    return structs.replace(
        item.plan,
        requires=plan.requires,
        requires_any=plan.requires_any,
        phase=plan.phase,
        milestone=plan.milestone,
    )
