"""受阻 done and stuck: items finally decided, items turned down, and projects that can't proceed.

A project is stuck if an item was turned down and not applied for again, or if none of its items can proceed.
"""

from __future__ import annotations

from domain.core.types import DECIDED_STAGES, Outcome, Stage
from domain.project.state.project import Item, Project
from domain.project.waiting.chain import waiting
from domain.project.waiting.wait import HeldBy

# Looked up once, as this runs for every item: enum member access is slower than the comparison.
DECLINED, REFUSED = Stage.DECLINED, Outcome.REFUSED
DONE = (Outcome.GRANTED, Outcome.TERMINATED)  # final; a refusal or a revocation leaves the item to be applied for


def is_done(item: Item) -> bool:
    """办结: granted or terminated. A refusal or a revocation is a decision, but leaves the item to be applied for."""
    return item.stage in DECIDED_STAGES and item.outcome in DONE


def is_turned_down(item: Item) -> bool:
    """不予许可、不予受理: refused or declined, and not applied for again since."""
    return item.stage is DECLINED or (item.outcome is REFUSED and item.stage in DECIDED_STAGES)


def is_open(project: Project) -> bool:
    """Whether an item of *project* is not done yet."""
    return not all(map(is_done, project.items.values()))


def turned_down(project: Project) -> list[str]:
    """The items of *project* that were refused or declined and not applied for again, in its order."""
    return [code for code, item in project.items.items() if is_turned_down(item)]


def is_stuck(project: Project) -> bool:
    """受阻: an open project with an item turned down, or in which no one can act on any open item."""
    return is_open(project) and (bool(turned_down(project)) or not can_move(project))


def can_move(project: Project) -> bool:
    """Whether a party can act on an open item of *project*, or no item waits for anything."""
    holders = [wait.held_by for item_waiting in waiting(project, {}) for wait in item_waiting.waits]
    return not holders or any(held_by is not HeldBy.NOBODY for held_by in holders)
