"""What today's rules judge otherwise than the early code did, row by row: each difference is explained or refuted.

Not what was recorded differs, but what follows from it, by rules that were corrected since: 579f001c: a period of
calendar days ends on the next working day where its last is none, and a refusal to admit ends the clocks that run from
receipt. e46e4a6b, ADR 0014: an acceptance dated before the receipt counts from it; a term that passed unused ends a
suspension, so that an extension may come when the time is over. dc316b8f: when silence starts a clock stays known of
one that is closed. 18c0b2b5: one holder an item, outside bodies and applicants among them; what was not granted is not
done, and what was ended without a result is waited for where another item needs it alone. e8396a09: under laws in
calendar days each complete answer to a request for papers begins a round of intake, a clock of its own that the early
code did not have, nor the clocks that silence in it will start. When a clock of a general law stopped is in its row,
and that its days used are not; the early code had neither.
Nobody holds an item in whose place another was granted; the early code named the applicant.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.law.licensing.forecast import NOT_COUNTED
from domain.messages import Entry, corrections
from infrastructure.projector.histories import histories
from projections.clocks.law_events import item_histories
from tests.projections.waiting.naive_stuck import NaiveItems
from tests.proofs.carried.clock_judges import clock_faults
from tests.proofs.carried.view_rows import Key, Row, ViewRows, moved
from tests.proofs.proof import RefutedError

# The columns that a changed rule is about; a table without columns is judged whole.
JUDGED: Mapping[str, tuple[str, ...]] = {
    "clock": (
        *("due_on", "over_at", "state", "over_state", "level", "over_level", "yellow_on", "yellow_at", "closed"),
        *("exists_at", "length", "node", "used", "stopped_on"),
    ),
    "item": ("holder",),
    "project": ("holders", "items_done"),
    "waiting": (),
    **{f"decision_sum_{span}": () for span in ("day", "month", "year")},
}
CLOCK, ITEM, WAIT = ("project", "item", "application", "clock"), ("project", "item"), ("project", "item", "kind", "ref")
LATER_ROUND = re.compile(r"intake#\d+")  # the name of the clock of a round of intake after the first
ZONE = ZoneInfo("Asia/Shanghai")  # of the days of the sums
Judged: TypeAlias = dict[Key, tuple[Row | None, Row]]  # clocks as they were, if there were any, and as they are
ALL_DEPARTMENTS, NO_DAYS = "", -1
NOT_GRANTED = ("refused", "declined", "withdrawn", "revoked", "terminated")
FAULTS_SHOWN = 5


def judge(former: ViewRows, current: ViewRows) -> Counter[str]:
    """How many rows today's rules judge otherwise, by table. Raises RefutedError where nothing explains one."""
    judged, faults = Counter[str](), list[str]()
    clocks = clocks_judged_otherwise(former, current)
    items = moved(former.keyed("item", ITEM), current.keyed("item", ITEM))
    projects = moved(former.keyed("project", ["project"]), current.keyed("project", ["project"]))
    waits = Waits(former.keyed("waiting", WAIT), current.keyed("waiting", WAIT))
    judged.update(clock=len(clocks), item=len(items), project=len(projects), waiting=waits.differing)
    touched = {key[0] for rows in (clocks, items, projects) for key in rows} | waits.projects
    clocks_of = defaultdict[UUID, Judged](dict)
    for key, rows in clocks.items():
        clocks_of[key[0]][key] = rows
    for entries in histories(current.url):
        if (project := entries[0].stream) not in touched:
            continue
        naive = naive_items(entries)
        faults += clocks_explained(entries, clocks_of[project])
        faults += items_explained(project, naive, items, waits)
        faults += project_explained(naive, waits, projects.get((project,)))
        faults += waits.explained(project, naive)
    faults += sums_explained(former, current, judged)
    if faults:
        raise RefutedError("\n".join([f"{len(faults)} rows are not explained", *faults[:FAULTS_SHOWN]]))
    return judged


def clocks_judged_otherwise(former: ViewRows, current: ViewRows) -> Judged:
    """The clocks that say otherwise than before, and those of later rounds of intake, which there were not before."""
    before, after = former.keyed("clock", CLOCK), current.keyed("clock", CLOCK)
    new = {key: (None, after[key]) for key in of_later_rounds(before.keys(), after)}
    return {**moved(before, after), **new}


def of_later_rounds(former: AbstractSet[Key], current: Mapping[Key, Row]) -> set[Key]:
    """The clocks of later rounds of intake that are not among the *former* ones, and what silence in them will start.

    Those are clocks of the same applications that exist from an instant on.
    """
    new = current.keys() - former
    rounds = {key for key in new if LATER_ROUND.fullmatch(key[-1])}
    applications = {key[:-1] for key in rounds}
    return rounds | {key for key in new if key[:-1] in applications and current[key]["exists_at"] is not None}


def naive_items(entries: list[Entry]) -> NaiveItems:
    """How each item of a project stands by its facts alone."""
    retracted, items = corrections(entries).retracted, NaiveItems()
    for entry in entries:
        if entry.version not in retracted:
            items.take(entry.fact)
    return items


def clocks_explained(entries: list[Entry], clocks: Judged) -> Iterator[str]:
    """A clock of one project that differs, or is new, says what an auditor of the tests says of the same facts."""
    of_item = item_histories(entries) if clocks else {}
    for key, (before, after) in clocks.items():
        name = f"clock {', '.join(map(str, key))}"
        changed = {column for column in after if before is None or after[column] != before.get(column, after[column])}
        for fault in clock_faults(after, of_item[key[1], key[2]], changed):
            yield f"{name}: {fault}"
        counted = [(row["used"], row["stopped_on"]) for row in (before, after) if row]
        if after["used"] != NOT_COUNTED and len(set(counted)) > 1:
            yield f"{name}: its days used, and when it stopped, are no longer {counted[0]}, but {counted[1]}"


def items_explained(
    project: UUID, naive: NaiveItems, items: Mapping[Key, tuple[Row, Row]], waits: Waits
) -> Iterator[str]:
    """An item is held by whoever it waits for, or by the applicant where its application came to nothing.

    Without a wait it is held by no one: it is done, or another was granted in its place.
    """
    for key, (_, after) in items.items():
        if key[0] != project:
            continue
        holders, outcome = waits.holders(*key), naive.outcomes[key[1]]
        if outcome in NOT_GRANTED:
            holders.add("applicant")
        if after["holder"] not in (holders or {""}):
            yield f"item {', '.join(map(str, key))} ({outcome}): {after['holder']!r}, not one of {sorted(holders)}"


def project_explained(naive: NaiveItems, waits: Waits, project: tuple[Row, Row] | None) -> Iterator[str]:
    """A project is held by whoever its items wait for, and done is what was granted or ended without a result."""
    if project is None:
        return
    _, after = project
    holders = {holder for item in naive.outcomes for holder in waits.holders(after["project"], item)}
    done = sum(outcome in ("granted", "terminated") for outcome in naive.outcomes.values())
    if (set(after["holders"]), after["items_done"]) != (holders, done):
        stated = after["holders"], after["items_done"]
        yield f"project {after['project']}: {stated}, but its items say {sorted(holders)}, {done}"


class Waits:
    """What items wait for, before and after."""

    def __init__(self, former: dict[Key, Row], current: dict[Key, Row]) -> None:
        self.former, self.current = former, current
        self.gone = former.keys() - current.keys()
        self.new = current.keys() - former.keys()
        self.moved = moved(former, current)
        self.projects = {key[0] for key in (*self.gone, *self.new, *self.moved)}
        self.actable: dict[Key, list[Row]] = {}
        for row in current.values():
            if row["kind"] != "precondition":
                self.actable.setdefault((row["project"], row["item"]), []).append(row)

    def holders(self, project: UUID, item: str) -> set[str]:
        """Whoever has to act on an item: departments by their codes, all others by their kinds."""
        rows = self.actable.get((project, item), [])
        return {row["holder"] if row["held_by"] == "department" else row["held_by"] for row in rows}

    @property
    def differing(self) -> int:
        return len(self.gone) + len(self.new) + len(self.moved)

    def explained(self, project: UUID, naive: NaiveItems) -> Iterator[str]:
        """What is waited for no more was ended without a result and no item needs it; what moved, by its chain."""
        for key in (key for key in (*self.gone, *self.new) if key[0] == project):
            row = self.former.get(key) or self.current[key]
            ended = naive.outcomes[row["item"]] == "terminated" and not naive.is_needed(row["item"])
            if key in self.new or row["kind"] != "application" or not ended:
                yield f"waiting {', '.join(map(str, key))} is {'new' if key in self.new else 'gone'}"
        for key, (before, after) in self.moved.items():
            if key[0] == project and not self.follows_chain(before, after):
                yield f"waiting {', '.join(map(str, key))}: {before} is now {after}"

    def follows_chain(self, before: Row, after: Row) -> bool:
        """A blocked item waits for its holder since the wait at the end of its chain began: that row says as much."""
        changed = {name for name in before.keys() & after.keys() if before[name] != after[name]}
        ends = self.actable.get((after["project"], after["chain"][-1]), [])
        shown = [(row["since"], row["held_by"], row["holder"]) for row in ends]
        is_same = (after["since"], after["held_by"], after["holder"]) in shown
        return after["kind"] == "precondition" and changed == {"since"} and is_same


def sums_explained(former: ViewRows, current: ViewRows, judged: Counter[str]) -> Iterator[str]:
    """The sums of decisions are what is counted from the decisions and their clocks, one by one."""
    registers = {row["project"]: row["register"] for row in current.rows("project")}
    days = decisions_by_day(current, registers)
    for span in ("day", "month", "year"):
        counted = Counter[Key]()
        for (happened, department, recorded, *rest), n in days.items():
            for where in {department, ALL_DEPARTMENTS}:
                counted[begin(happened, span), where, begin(recorded, span), *rest] += n
        table, before = f"decision_sum_{span}", Counter[Key]()
        names = ("happened_on", "department", "recorded_on", "figure", "days", "register")
        stated = {tuple(row[name] for name in names): row["n"] for row in current.rows(table)}
        for row in former.rows(table):
            before[tuple(row[name] for name in names[:-1])] += row["n"]
        after = Counter[Key]()
        for key, n in stated.items():
            after[key[:-1]] += n
        judged[table] = sum(before[key] != after[key] for key in before | after)
        if stated != counted:
            wrong = sorted(dict(stated.items() ^ counted.items()), key=str)[:FAULTS_SHOWN]
            yield f"{table}: counted one by one, it says otherwise at {wrong}"


def decisions_by_day(current: ViewRows, registers: Mapping[UUID, str]) -> Counter[Key]:
    """Decisions by the days when they were made and recorded, in time or not, and after how many working days."""
    clocks = current.keyed("clock", CLOCK)
    days = Counter[Key]()
    for row in current.rows("decision"):
        clock = clocks.get((row["project"], row["item"], row["application"], "decision"))
        figure, used = "unjudged", NO_DAYS
        if clock is not None:
            figure = clock["state"] if clock["state"] in ("met", "late") else "unjudged"
            used = clock["used"] if clock["stopped_on"] else NO_DAYS
        happened, recorded = (row[name].astimezone(ZONE).date() for name in ("decided_at", "recorded_at"))
        days[happened, row["department"], recorded, figure, used, registers[row["project"]]] += 1
    return days


def begin(day: date, span: str) -> date:
    """The first day of the month or year of a *day*; of a day, itself."""
    return {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}[span]
