"""受阻 what is done and what is stuck: items that were decided for good, and those that were turned down.

A project is stuck where something that was turned down has not been applied for again, or where nothing in it can move.
"""

from __future__ import annotations

from domain.core.types import DECIDED_STAGES, Outcome, Stage
from domain.project.state.project import Item, Project
from domain.project.waiting.chain import waiting
from domain.project.waiting.wait import HeldBy

# What is asked of every item, looked up once: getting a member of an enumeration takes longer than comparing it.
DECLINED, REFUSED = Stage.DECLINED, Outcome.REFUSED
DONE = (Outcome.GRANTED, Outcome.TERMINATED)  # nothing more is decided: a refusal and a revocation leave all to do


def is_done(item: Item) -> bool:
    """办结: granted, or terminated. A refusal or a revocation is a decision, but leaves the item to be applied for."""
    return item.stage in DECIDED_STAGES and item.outcome in DONE


def is_turned_down(item: Item) -> bool:
    """不予许可、不予受理: refused or declined, and not applied for again since."""
    return item.stage is DECLINED or (item.outcome is REFUSED and item.stage in DECIDED_STAGES)


def is_open(project: Project) -> bool:
    """Whether something in *project* is not done yet."""
    return not all(map(is_done, project.items.values()))


def turned_down(project: Project) -> list[str]:
    """The items of *project* that were refused or declined and not applied for again, in its order."""
    return [code for code, item in project.items.items() if is_turned_down(item)]


def is_stuck(project: Project) -> bool:
    """受阻: an open project with something turned down, or all of whose open items wait for nobody who could act."""
    return is_open(project) and (bool(turned_down(project)) or not can_move(project))


def can_move(project: Project) -> bool:
    """Whether somebody can act on an open item of *project*, or none of them waits for anything."""
    holders = [wait.held_by for item_waiting in waiting(project, {}) for wait in item_waiting.waits]
    return not holders or any(held_by is not HeldBy.NOBODY for held_by in holders)
