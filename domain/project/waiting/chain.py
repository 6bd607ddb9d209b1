"""卡在谁 waiting: what each item of a project waits for, who has to act, since when, and the chain of blockers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from domain.core.graph import Groups, open_groups
from domain.core.types import Stage
from domain.project.state.project import Item, Project
from domain.project.waiting.wait import GRANTED, HeldBy, Key, Wait, WaitKind, before_acceptance, waits_of

# Rank of an alternative by stage: a smaller number is less blocked.
NEARNESS = {Stage.ACCEPTED: 0, Stage.SUBMITTED: 1, Stage.SUPPLEMENTING: 2, Stage.NOT_STARTED: 3}

PRECONDITION = WaitKind.PRECONDITION  # looked up once, as this is for every wait
NOTHING: Mapping[Key, datetime] = {}  # the starts of an item without waits

Since: TypeAlias = Mapping[str, Mapping[Key, datetime]]  # by item
Turn: TypeAlias = tuple[HeldBy, str, datetime | None]  # who has to act, by kind and code, and since when


class Blocker(Struct, frozen=True, gc=False):
    """An unmet precondition: one of *any_of* has to be granted; *followed* is the least blocked of them."""

    any_of: tuple[str, ...]
    followed: str


class ItemWaiting(Struct, frozen=True):
    """An unfinished item. *chain* leads from it over its blockers to an item that can be acted on.

    Of several open preconditions the chain follows the one with the longest chain; *roots* are all the blocking items
    that can be acted on now. *stuck*: a deadlock that no order of events resolves.
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


def waiting(project: Project, since: Since, only: Collection[str] | None = None) -> list[ItemWaiting]:
    """Every unfinished item of *project*, in the project's order; *only*: of these items."""
    blocked = blockers(project)
    return _Chains(project, blocked, since).items_waiting(only)


def unblocked(project: Project, since: Since, only: Collection[str]) -> list[ItemWaiting]:
    """The same of *only* items that no precondition blocks: the chain of each is itself, whatever the others are."""
    return _Chains(project, dict.fromkeys(only, ()), since).items_waiting(only)


def turn_at(project: Project, since: Since, root: str, *, blocked: bool) -> Turn:
    """Who has to act on the item at the end of a chain, and since when; NOBODY in a cycle."""
    item = project.items.get(root)
    if item is None:
        return HeldBy.PROJECT_MANAGER, project.manager, None  # the project lacks a required item
    waits = waits_of(project, item, blocked)
    if not waits:
        return HeldBy.NOBODY, "", None
    first = waits[0]
    turn = None if first.kind is PRECONDITION else since.get(root, {}).get(first.key)
    return first.held_by, first.holder, turn


def blockers(project: Project) -> dict[str, Groups]:
    """The unmet preconditions of each item; empty for items already accepted."""
    granted = project.granted
    return {
        code: open_groups(needs, granted) if (needs := item.plan.needs) and before_acceptance(item) else ()
        for code, item in project.items.items()
    }


def spare(project: Project) -> set[str]:
    """Items not begun and not needed: alternatives to an item that was granted."""
    others = replaceable(project)
    if not others:
        return set()
    granted = project.granted
    groups = [group for item in project.items.values() for group in item.plan.needs]
    wanted = {code for group in groups if len(group) == 1 or granted.isdisjoint(group) for code in group}
    idle = {code for code, item in project.items.items() if item.stage is Stage.NOT_STARTED and not item.application}
    return (others - wanted) & idle


def replaceable(project: Project) -> set[str]:
    """The items named as alternatives to one another: of each group one has to be granted."""
    return {
        code for item in project.items.values() for group in item.plan.requires_any if len(group) > 1 for code in group
    }


def alternatives(project: Project, code: str) -> set[str]:
    """The items that may be granted in the place of *code*: whether each is needed changes with its grants."""
    groups = (group for item in project.items.values() for group in item.plan.requires_any if code in group)
    return {other for group in groups for other in group if other in project.items}


def depths(blocked: Mapping[str, Groups], granted: set[str]) -> dict[str, int]:
    """The number of successive grants until each item is granted, its own included; without stuck items."""
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
    """The blocking chains of one project's items."""

    def __init__(self, project: Project, blocked: Mapping[str, Groups], since: Since) -> None:
        self.project, self.since = project, since
        # Where nothing is blocked, each item is a single grant away.
        self.depths = depths(blocked, project.granted) if any(blocked.values()) else dict.fromkeys(blocked, 1)
        self.blockers = {
            code: tuple(Blocker(group, self._least_blocked(group)) for group in groups) if groups else ()
            for code, groups in blocked.items()
        }
        self._roots: dict[str, tuple[str, ...]] = {}

    def items_waiting(self, only: Collection[str] | None) -> list[ItemWaiting]:
        unneeded = spare(self.project)
        return [
            self._of(code, item, waits)
            for code, item in self.project.items.items()
            if code not in unneeded and (only is None or code in only)
            if (waits := waits_of(self.project, item, bool(self.blockers[code])))
        ]

    def _depth(self, code: str) -> int:
        return self.depths.get(code, len(self.project.items) + 1)

    def _least_blocked(self, group: tuple[str, ...]) -> str:
        """The alternative with the shortest chain, of these the furthest advanced."""
        if len(group) == 1:
            return group[0]
        items = self.project.items

        def rank(code: str) -> tuple[int, int]:
            return self._depth(code), NEARNESS.get(items[code].stage, 4) if code in items else 5

        return min(group, key=rank)

    def _of(self, code: str, item: Item, waits: list[Wait]) -> ItemWaiting:
        chain, since = self._chain(code), self.since.get(code, NOTHING)
        return ItemWaiting(
            code,
            item.plan.name,
            item.department,
            item.stage,
            tuple([self._begun(wait, since.get(wait.key), code, chain[-1]) for wait in waits]),
            self.blockers[code],
            chain,
            self._roots_of(code),
            item.outcome is not GRANTED and code not in self.depths,
        )

    def _begun(self, wait: Wait, at: datetime | None, code: str, root: str) -> Wait:
        """The *wait* of item *code* with its start, *at*; that of a blocked one begins with the turn of its *root*."""
        if wait.kind is not PRECONDITION:
            return Wait(wait.kind, wait.held_by, wait.holder, wait.on, wait.ref, at)
        followed = tuple(dict.fromkeys(blocker.followed for blocker in self.blockers[code]))
        held_by, holder, turn = turn_at(self.project, self.since, root, blocked=bool(self.blockers.get(root)))
        return Wait(wait.kind, held_by, holder, followed, wait.ref, turn or at)

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
        """The ends of all chains from *code*; preset before the recursion, so that a cycle adds nothing."""
        behind = self.blockers.get(code)
        if not behind:
            return (code,)
        if code not in self._roots:
            self._roots[code] = ()
            ends = (end for blocker in behind for end in self._roots_of(blocker.followed))
            self._roots[code] = tuple(dict.fromkeys(ends))
        return self._roots[code]
