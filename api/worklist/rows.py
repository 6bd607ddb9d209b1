"""The rows of a desk: one an application, with the clock that is over first, in groups by when that is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from heapq import nsmallest
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct, structs

from api.clocks.bar import LimitBar, limit_bar
from domain.access.decision import AccessCase, may
from domain.access.principal import Caller
from domain.law.calendar.moment import sunday
from domain.project.waiting.wait import HeldBy, WaitKind
from projections.clocks.list import ClockEnd
from projections.clocks.query import ChosenClock, ClockId
from projections.waiting.desk import (
    APPLICANT,
    CLOCK_OF,
    GROUPS_OF_ROWS,
    LATER,
    OF_APPLICANT,
    OF_OPINION,
    OPINION,
    OPINIONS,
    OTHERS,
    TODAY,
    WEEK,
)
from projections.waiting.query import BriefWaiting, WaitId

CLOCKS_OF_THEIR_OWN = frozenset(CLOCK_OF.values())
EVER = datetime.min.replace(tzinfo=UTC)

CaseKey: TypeAlias = tuple[int, str]  # project and item: a number is sooner hashed and compared than the id itself
Running: TypeAlias = dict[CaseKey, list[ClockEnd]]
Waits: TypeAlias = Sequence[BriefWaiting]
# An application and where it belongs in its group, which the first four say: what is over first on top; without an end
# by the start of the wait, after all others. Rows are made of those that are shown.
Place: TypeAlias = tuple[bool, datetime, int, str, Waits, ClockEnd | None]
Groups: TypeAlias = dict[str, list[Place]]


class DeskRow(Struct, frozen=True):
    """One application with its binding clock, the one that is over first, and all that it waits for.

    *end* is that of the clock, None where none of the department runs on it; *clock* is its reading, in rows that are
    shown. *acceptable*: the reader may accept it here.
    """

    project: UUID
    item: str
    end: ClockEnd | None
    waits: Waits
    clock: ChosenClock | None = None
    acceptable: bool = False

    @property
    def case(self) -> str:
        """The value of the row's box."""
        return f"{self.project}/{self.item}"

    @property
    def bar(self) -> LimitBar | None:
        """Its clock as a bar."""
        return limit_bar(self.clock.reading) if self.clock else None


def grouped(held: Iterable[BriefWaiting], own: Iterable[BriefWaiting], running: Running, today: date) -> Groups:
    """What is *held* by the department by when it is due, and its *own* that others hold by who has to act."""
    groups: Groups = {name: [] for name in GROUPS_OF_ROWS}
    at_hand, last = by_application(held), sunday(today)
    for case, waits in at_hand.items():
        if waits[0].kind == OPINION and all(wait.kind == OPINION for wait in waits):
            groups[OPINIONS].append(_place(case, waits, _end_of_opinion(waits, running.get(case, ()))))
        else:
            end = _end(waits, running.get(case, ()))
            groups[_when(end, today, last)].append(_place(case, waits, end))
    for case, waits in by_application(own).items():
        if case in at_hand:
            continue
        end = _end(waits, running.get(case, ()))
        if all(wait.held_by == HeldBy.APPLICANT and wait.kind in OF_APPLICANT for wait in waits):
            groups[APPLICANT].append(_place(case, waits, end))
        elif end is not None:  # what was never applied for is not the department's to wait for
            groups[OTHERS].append(_place(case, waits, end))
    return groups


def due_beside(waits: Iterable[BriefWaiting], ends: Iterable[ClockEnd], last: date) -> list[tuple[UUID, str]]:
    """The applications with a clock that ends by the day *last* and none of these *waits*."""
    cases = {(wait.project.int, wait.item) for wait in waits}
    due = (end for end in ends if end.due_on is not None and end.due_on <= last)
    return list(dict.fromkeys((end.project, end.item) for end in due if (end.project.int, end.item) not in cases))


def rows_at(places: Iterable[Place], shown: slice) -> list[DeskRow]:
    """The rows of a group that are *shown*: no two are of one application, so nothing behind that is compared."""
    first = nsmallest(shown.stop, places)[shown]
    return [DeskRow(waits[0].project, item, end, waits) for _, _, _, item, waits, end in first]


def _place(case: CaseKey, waits: Waits, end: ClockEnd | None) -> Place:
    over_at = end.over_at if end else None
    return over_at is None, over_at or waits[0].since or EVER, *case, waits, end


def _when(end: ClockEnd | None, today: date, last: date) -> str:
    """The group of what is due with *end*; *last*: the last day of the week."""
    due = end.due_on if end else None
    if due is None or due > last:
        return LATER
    return TODAY if due <= today else WEEK


def running_by_item(ends: Iterable[ClockEnd]) -> Running:
    """The clocks of each application as they end; of those that end together what is due first comes first."""
    by_item: Running = {}
    for end in ends:
        by_item.setdefault((end.project.int, end.item), []).append(end)
    for clocks in by_item.values():
        if len(clocks) > 1:
            clocks.sort(key=_over)
    return by_item


def _over(end: ClockEnd) -> tuple[bool, datetime, date]:
    return end.over_at is None, end.over_at or EVER, end.due_on or date.max


def by_application(waiting: Iterable[BriefWaiting]) -> dict[CaseKey, list[BriefWaiting]]:
    """What is *waiting*, that of each application together."""
    by_item: dict[CaseKey, list[BriefWaiting]] = {}
    for wait in waiting:
        by_item.setdefault((wait.project.int, wait.item), []).append(wait)
    return by_item


def _end(waits: Waits, clocks: Sequence[ClockEnd]) -> ClockEnd | None:
    """The first end of a clock of an application that measures what is waited for: opinions have their own."""
    if not clocks:
        return None
    special = [CLOCK_OF.get(wait.kind) for wait in waits]  # None: one that has no clock of its own
    for end in clocks:
        name = end.clock
        if (name if name in CLOCKS_OF_THEIR_OWN else None) in special and not name.startswith(OF_OPINION):
            return end
    return None


def _end_of_opinion(waits: Waits, clocks: Sequence[ClockEnd]) -> ClockEnd | None:
    """The first end of a clock of the opinions that are waited for on an application."""
    requests = {wait.ref for wait in waits}
    return next((end for end in clocks if end.clock.startswith(OF_OPINION) and _request_key(end) in requests), None)


def _request_key(end: ClockEnd) -> str:
    """The "department/step" in the name of a countersignature's clock, whose n-th asking ends with "#n"."""
    name = end.clock.removeprefix(OF_OPINION)
    department, _, step = name.partition("#")[0].partition("/")
    return f"{department}/{step}"


def marked(
    caller: Caller | None,
    rows: Iterable[DeskRow],
    department: str,
    clocks: Mapping[ClockId, ChosenClock],
    waits: Mapping[WaitId, BriefWaiting],
) -> list[DeskRow]:
    """*rows* that are shown, with the readings of their *clocks*, and whether *caller* may accept each; None: no one.

    Their *waits* are there in full.

    An officer of the department may, where the table of access allows it.
    """
    rows_marked = []
    for brief in rows:
        row = structs.replace(brief, waits=[waits.get(wait.key, wait) for wait in brief.waits])
        is_to_accept = any(wait.kind == WaitKind.ACCEPTANCE and wait.holder == department for wait in row.waits)
        case = AccessCase(row.project, manager=row.waits[0].manager, department=department)
        is_own = caller is not None and caller.over == department
        acceptable = is_to_accept and is_own and may(caller, "accept_item", case).allowed
        clock = clocks.get(row.end.key) if row.end else None
        rows_marked.append(structs.replace(row, acceptable=acceptable, clock=clock))
    return rows_marked
