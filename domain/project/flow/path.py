"""关键路径 critical path of the remaining items of a project: expected finishes, slack, effects of delays.

Days are whole working days from today. Every item is assumed to start as soon as its preconditions are granted. Of a
group of preconditions the quickest counts; of all groups the slowest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

from msgspec import Struct, structs

from domain.core.graph import Groups

Durations = Mapping[str, int]  # working days still needed, by item
Finishes = Mapping[str, int]  # working days from now until it is granted, by item; without those in a deadlock


class Days(Struct, frozen=True, order=True, gc=False):
    """A range of working days: quick, usual, slow. Each is at least the one before."""

    low: int
    median: int
    high: int


class PathTask(Struct, frozen=True, gc=False):
    """The remaining work on one item: its open groups of preconditions, and the days it needs once these are met.

    *optional*: it is required only in groups that another item could meet as well.
    """

    needs: Groups
    days: Days
    optional: bool = False


class PathStep(Struct, frozen=True, gc=False):
    """One item of the path: start and finish in days from now; *slack*: the delay it alone may have.

    *slack* None: no delay moves the finish. *critical*: it is on the critical path by median durations.
    """

    item: str
    starts: Days
    finishes: Days
    slack: int | None
    critical: bool


class Path(Struct, frozen=True):
    """The path to the finish. *finish* is None if nothing remains, or if items are *stuck*.

    *critical* lists the items that determine the median finish, in order of time.
    """

    steps: tuple[PathStep, ...]
    critical: tuple[str, ...]
    finish: Days | None
    stuck: tuple[str, ...]


class Moved(Struct, frozen=True, gc=False):
    """An item moved by a delay: its median finish before and after."""

    item: str
    before: int
    after: int


class Effect(Struct, frozen=True):
    """The effect of delays: the items moved, by decreasing shift, and the finish before and after."""

    moved: tuple[Moved, ...]
    finish: Moved | None


def path(tasks: Mapping[str, PathTask]) -> Path:
    """The critical path over *tasks*: all items that are not granted yet, by their codes."""
    low, usual, high = (finishes(tasks, days) for days in scenarios(tasks))
    stuck = tuple(code for code in tasks if code not in usual)
    ends = [finish_of(tasks, times) for times in (low, usual, high)]
    finish = Days(*ends) if tasks and not stuck else None
    critical = _critical(tasks, usual)
    slacks = slack(tasks)
    steps = tuple(
        PathStep(
            item=code,
            starts=Days(*(times[code] - days for times, days in zip((low, usual, high), _three(task), strict=True))),
            finishes=Days(low[code], usual[code], high[code]),
            slack=slacks[code],
            critical=code in critical,
        )
        for code, task in tasks.items()
        if code in usual
    )
    return Path(steps, critical, finish, stuck)


def delayed(tasks: Mapping[str, PathTask], delays: Durations) -> Effect:
    """The effect if each item of *delays* took that many working days (>= 0) more than its median."""
    usual = medians(tasks)
    before = finishes(tasks, usual)
    after = finishes(tasks, {code: days + delays.get(code, 0) for code, days in usual.items()})
    moved = [Moved(code, before[code], after[code]) for code in before if before[code] != after[code]]
    moved.sort(key=lambda shift: shift.before - shift.after)
    whole = Moved("", finish_of(tasks, before), finish_of(tasks, after)) if before else None
    return Effect(tuple(moved), whole)


def finishes(tasks: Mapping[str, PathTask], days: Durations) -> dict[str, int]:
    """The earliest finish of every reachable item, in order of finish.

    Items are settled in order of finish, as in Dijkstra's algorithm (Knuth 1977 generalises it to and-or graphs), so
    that the first settled item of a group is its quickest, also if preconditions form cycles.
    """
    waits = {code: len(task.needs) for code, task in tasks.items()}
    named_in = _named_in(tasks)
    heap = [(days[code], nth, code) for nth, code in enumerate(tasks) if not waits[code]]
    heap.sort()
    met: set[tuple[str, int]] = set()
    finished: dict[str, int] = {}
    while heap:
        at, _, code = heappop(heap)
        finished[code] = at
        for of_item, nth in named_in.get(code, ()):
            if (of_item, nth) in met:
                continue
            met.add((of_item, nth))
            waits[of_item] -= 1
            if not waits[of_item]:
                heappush(heap, (at + days[of_item], len(finished), of_item))
    return finished


def _named_in(tasks: Mapping[str, PathTask]) -> dict[str, list[tuple[str, int]]]:
    """For each item the groups that contain it, as (item, index of the group)."""
    named: dict[str, list[tuple[str, int]]] = {}
    for code, task in tasks.items():
        for nth, group in enumerate(task.needs):
            for other in dict.fromkeys(group):
                named.setdefault(other, []).append((code, nth))
    return named


def finish_of(tasks: Mapping[str, PathTask], times: Finishes) -> int:
    """The finish of the project: the latest of its required items; 0 if there are none."""
    return max((at for code, at in times.items() if not tasks[code].optional), default=0)


def slack(tasks: Mapping[str, PathTask]) -> dict[str, int | None]:
    """The working days by which each item alone may be delayed without moving the median finish; None: any number."""
    usual = medians(tasks)
    times = finishes(tasks, usual)
    finish = finish_of(tasks, times)
    latest, unsure = _latest(tasks, usual, times, finish)
    return {
        code: _slack(tasks, usual, code, finish) if code in unsure else latest[code] - at if code in latest else None
        for code, at in times.items()
    }


def _latest(
    tasks: Mapping[str, PathTask], usual: Durations, times: dict[str, int], finish: int
) -> tuple[dict[str, int], set[str]]:
    """The latest finish of each item that keeps the *finish*, computed backwards.

    The second result are items for which this is only a bound: on the way an alternative could replace them.
    """
    latest: dict[str, int] = {}
    unsure: set[str] = set()
    named_in = _named_in(tasks)
    for code in reversed(times):
        limits = [] if tasks[code].optional else [finish]
        for of_item, nth in named_in.get(code, ()):
            if of_item in unsure or len(tasks[of_item].needs[nth]) > 1:
                unsure.add(code)
            elif of_item in latest:
                limits.append(latest[of_item] - usual[of_item])
        if limits:
            latest[code] = min(limits)
    return latest, unsure


def _slack(tasks: Mapping[str, PathTask], usual: Durations, code: str, finish: int) -> int | None:
    """The largest delay that keeps the finish, by bisection: the finish is monotonic in the delay."""

    def moves(delay: int) -> bool:
        return finish_of(tasks, finishes(tasks, {**usual, code: usual[code] + delay})) > finish

    enough = finish + 1  # later than the finish: no item would be reached through it
    if not moves(enough):
        return None
    harmless = 0
    while enough - harmless > 1:
        middle = (harmless + enough) // 2
        harmless, enough = (harmless, middle) if moves(middle) else (middle, enough)
    return harmless


def _critical(tasks: Mapping[str, PathTask], usual: Finishes) -> tuple[str, ...]:
    """The items that determine the finish: backwards from the last one over its latest precondition."""
    ends = [code for code in usual if not tasks[code].optional]
    if not ends:
        return ()
    order = {code: nth for nth, code in enumerate(usual)}  # only towards earlier items, also if days are 0
    way = [max(ends, key=usual.__getitem__)]
    while needs := tasks[way[-1]].needs:
        quickest = [min((other for other in group if other in usual), key=order.__getitem__) for group in needs]
        way.append(max(quickest, key=order.__getitem__))
    return tuple(reversed(way))


def optional(needs: Mapping[str, Groups]) -> set[str]:
    """The items that are required only as one of several alternatives."""
    groups = [group for of_item in needs.values() for group in of_item]
    alone = {group[0] for group in groups if len(group) == 1}
    return {code for group in groups if len(group) > 1 for code in group} - alone


def medians(tasks: Mapping[str, PathTask]) -> dict[str, int]:
    """The median remaining days of each item."""
    return {code: task.days.median for code, task in tasks.items()}


def scenarios(tasks: Mapping[str, PathTask]) -> Iterable[Durations]:
    """Three scenarios: all items quick, all usual, all slow."""
    threes = {code: _three(task) for code, task in tasks.items()}
    return [{code: three[nth] for code, three in threes.items()} for nth in range(3)]


def _three(task: PathTask) -> tuple[int, int, int]:
    three: tuple[int, int, int] = structs.astuple(task.days)
    return three
