"""卡在谁 waiting: what each item of a project waits for, who has to act, since when, and the chain behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from domain.core.graph import Groups, open_groups
from domain.core.types import Stage
from domain.project.state.project import Item, Project
from domain.project.waiting.wait import GRANTED, HeldBy, Key, Wait, WaitKind, before_acceptance, waits_of

# How far an item has come where several could do: a smaller number is the less blocked one.
NEARNESS = {Stage.ACCEPTED: 0, Stage.SUBMITTED: 1, Stage.SUPPLEMENTING: 2, Stage.NOT_STARTED: 3}

Since: TypeAlias = Mapping[str, Mapping[Key, datetime]]  # by item


class Blocker(Struct, frozen=True, gc=False):
    """A precondition that is not met: one of *any_of* has to be granted; *followed* is the least blocked of them."""

    any_of: tuple[str, ...]
    followed: str


class ItemWaiting(Struct, frozen=True):
    """An item that is not over. *chain* leads from it, over what it waits for, to where something can be done.

    Where several preconditions are open, the chain follows the one with the most steps behind it; *roots* are all the
    items in which something can be done now, whichever way leads there. *stuck*: no order of events would ever do.
    """

    item: str
    name: str
    department: str
    stage: Stage
    waits: tuple[Wait, ...]
    blocked_by: tuple[Blocker, ...]
    chain: tuple[str, ...]
    roots: tuple[str, ...]
    stuck: bool


def waiting(project: Project, since: Since) -> list[ItemWaiting]:
    """Every item of *project* that is not over, in the project's order."""
    blocked = blockers(project)
    return _Chains(project, blocked, since).items_waiting()


def blockers(project: Project) -> dict[str, Groups]:
    """What each item still has to wait for before it can be accepted; nothing for those past that."""
    granted = project.granted
    return {
        code: open_groups(item.plan.needs, granted) if before_acceptance(item) else ()
        for code, item in project.items.items()
    }


def spare(project: Project) -> set[str]:
    """Items that nobody began and nothing needs: they only could have done where another one was granted."""
    granted = project.granted
    groups = [group for item in project.items.values() for group in item.plan.needs]
    alternatives = {code for group in groups if len(group) > 1 for code in group}
    wanted = {code for group in groups if len(group) == 1 or granted.isdisjoint(group) for code in group}
    idle = {code for code, item in project.items.items() if item.stage is Stage.NOT_STARTED and not item.application}
    return (alternatives - wanted) & idle


def depths(blocked: Mapping[str, Groups], granted: set[str]) -> dict[str, int]:
    """How many items have to be granted one after the other until this one is, itself counted; not those stuck."""
    depth_of: dict[str, int] = {}
    done, depth = set(granted), 0
    left = [code for code in blocked if code not in done]
    while True:
        depth += 1
        free = [code for code in left if not open_groups(blocked[code], done)]
        if not free:
            return depth_of
        depth_of |= dict.fromkeys(free, depth)
        done.update(free)
        left = [code for code in left if code not in depth_of]


class _Chains:
    """The items of one project, and which way leads from each to where something can be done."""

    def __init__(self, project: Project, blocked: Mapping[str, Groups], since: Since) -> None:
        self.project, self.since = project, since
        self.depths = depths(blocked, project.granted)
        self.blockers = {
            code: tuple(Blocker(group, self._least_blocked(group)) for group in groups) if groups else ()
            for code, groups in blocked.items()
        }
        self._roots: dict[str, tuple[str, ...]] = {}

    def items_waiting(self) -> list[ItemWaiting]:
        unneeded = spare(self.project)
        items = (self._of(code, item) for code, item in self.project.items.items() if code not in unneeded)
        return [item_waiting for item_waiting in items if item_waiting.waits]

    def _depth(self, code: str) -> int:
        return self.depths.get(code, len(self.project.items) + 1)

    def _least_blocked(self, group: tuple[str, ...]) -> str:
        """The alternative with the fewest steps behind it, of these the one that has come furthest."""
        if len(group) == 1:
            return group[0]
        items = self.project.items

        def rank(code: str) -> tuple[int, int]:
            return self._depth(code), NEARNESS.get(items[code].stage, 4) if code in items else 5

        return min(group, key=rank)

    def _of(self, code: str, item: Item) -> ItemWaiting:
        chain = self._chain(code)
        return ItemWaiting(
            code,
            item.plan.name,
            item.department,
            item.stage,
            tuple(self._waits(code, item, chain[-1])),
            self.blockers[code],
            chain,
            self._roots_of(code),
            item.outcome is not GRANTED and code not in self.depths,
        )

    def _waits(self, code: str, item: Item, root: str) -> Iterator[Wait]:
        since = self.since.get(code, {})
        for wait in waits_of(self.project, item, bool(self.blockers[code])):
            at = since.get(wait.key)
            if wait.kind is WaitKind.PRECONDITION:
                followed = tuple(dict.fromkeys(blocker.followed for blocker in self.blockers[code]))
                held_by, holder, turn = self._turn_at(root)
                yield Wait(wait.kind, held_by, holder, followed, wait.ref, turn or at)
            else:
                yield Wait(wait.kind, wait.held_by, wait.holder, wait.on, wait.ref, at)

    def _turn_at(self, root: str) -> tuple[HeldBy, str, datetime | None]:
        """Who has to act on the item where the chain ends, and since when; nobody where it leads round in a circle."""
        item = self.project.items.get(root)
        if item is None:
            return HeldBy.PROJECT_MANAGER, self.project.manager, None  # it names an item that the project lacks
        waits = waits_of(self.project, item, bool(self.blockers[root]))
        if not waits:
            return HeldBy.NOBODY, "", None
        first = waits[0]
        turn = None if first.kind is WaitKind.PRECONDITION else self.since.get(root, {}).get(first.key)
        return first.held_by, first.holder, turn

    def _chain(self, code: str) -> tuple[str, ...]:
        way = [code]
        while behind := self.blockers.get(way[-1], ()):
            deepest = behind[0].followed
            for blocker in behind[1:]:
                deepest = blocker.followed if self._depth(blocker.followed) > self._depth(deepest) else deepest
            if deepest in way:
                break
            way.append(deepest)
        return tuple(way)

    def _roots_of(self, code: str) -> tuple[str, ...]:
        """Where all ways behind *code* end; an item that is its own is met on its way again, and adds nothing."""
        if code not in self._roots:
            behind = self.blockers.get(code, ())
            self._roots[code] = () if behind else (code,)
            ends = (end for blocker in behind for end in self._roots_of(blocker.followed))
            self._roots[code] = tuple(dict.fromkeys(ends)) if behind else (code,)
        return self._roots[code]
