"""前置条件 preconditions as an and-or graph: reachability and cycles.

A step has groups of preconditions, and of each group one step has to be done: a group of one is an all-of
condition, a group of several an any-of condition. A cycle through an any-of with another way out is no deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

Groups: TypeAlias = tuple[tuple[str, ...], ...]


def groups_of(requires: Iterable[str], requires_any: Iterable[tuple[str, ...]]) -> Groups:
    """The groups for steps that are all required, and for sets of steps of which one each is required."""
    return (*[(code,) for code in requires], *requires_any)


def open_groups(groups: Groups, done: set[str] | frozenset[str]) -> Groups:
    """The *groups* not yet met by any step in *done*."""
    return tuple(group for group in groups if done.isdisjoint(group))


def reached(needs: Mapping[str, Groups], done: Iterable[str] = ()) -> set[str]:
    """Every step that can ever be done, given that *done* are; the others are in a deadlock."""
    reachable = set(done)
    waiting = [code for code in needs if code not in reachable]
    while True:
        free = [code for code in waiting if not open_groups(needs[code], reachable)]
        if not free:
            return reachable
        reachable.update(free)
        waiting = [code for code in waiting if code not in reachable]


def circle(needs: Mapping[str, Groups], done: Iterable[str] = ()) -> list[str]:
    """A cycle of steps that wait for each other, the first repeated at the end; empty if there is none.

    Preconditions outside *needs* count as never done, but form no cycle.
    """
    if not any(needs.values()):
        return []
    free = reached(needs, done)
    stuck = [code for code in needs if code not in free]
    waits = {code: _stuck_for(needs[code], free, needs) for code in stuck}
    for start in stuck:
        path: list[str] = []
        code: str | None = start
        while code is not None and code not in path:
            path.append(code)
            code = waits[code]
        if code is not None:
            return [*path[path.index(code) :], code]
    return []


def _stuck_for(groups: Groups, free: set[str], needs: Mapping[str, Groups]) -> str | None:
    """The first stuck step that an unmet group waits for; None if it waits for no known step."""
    return next((code for group in open_groups(groups, free) for code in group if code in needs), None)


def spelt(path: Iterable[str]) -> str:
    """A cycle in words: "a requires b requires a"."""
    return " requires ".join(path)
