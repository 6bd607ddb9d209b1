"""The rows of a desk: one an application, with the clock that is over first, in groups by when that is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct, structs

from api.clocks.bar import LimitBar, limit_bar
from domain.access.decision import AccessCase, may
from domain.access.principal import Caller
from domain.law.licensing.countersign import COUNTERSIGN
from domain.project.waiting.wait import HeldBy, WaitKind
from projections.clocks.list import ClockEnd
from projections.clocks.query import ChosenClock, ClockId
from projections.waiting.query import BriefWaiting, WaitId

# What is measured by one clock of its own; all else by the application's: intake, decision, promise.
CLOCK_OF = {WaitKind.DELIVERY.value: "delivery", WaitKind.CHECK.value: "post_check"}
EVER = datetime.min.replace(tzinfo=UTC)
OF_APPLICANT = (WaitKind.PAPERS, WaitKind.SUSPENSION)
TODAY, WEEK, LATER, OPINIONS, APPLICANT, OTHERS = "today", "week", "later", "opinions", "applicant", "others"
GROUPS_OF_ROWS = (TODAY, WEEK, LATER, OPINIONS, APPLICANT, OTHERS)
TO_DO = (TODAY, WEEK, LATER, OPINIONS)

Running: TypeAlias = dict[tuple[UUID, str], list[ClockEnd]]  # by project and item


class DeskRow(Struct, frozen=True):
    """One application with its binding clock, the one that is over first, and all that it waits for.

    *end* is that of the clock, None where none of the department runs on it; *clock* is its reading, in rows that are
    shown. *acceptable*: the reader may accept it here.
    """

    project: UUID
    item: str
    end: ClockEnd | None
    waits: list[BriefWaiting]
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

    @property
    def due_on(self) -> date | None:
        """The last day of its clock; None where it has none, or is paused."""
        return self.end.due_on if self.end else None

    @property
    def order(self) -> tuple[bool, datetime, str, str]:
        """The order of rows: what is over first on top; without an end by the start of the wait, after all others."""
        over_at = self.end.over_at if self.end else None
        return over_at is None, over_at or self.waits[0].since or EVER, self.project.hex, self.item


def grouped(
    held: Sequence[BriefWaiting], own: Sequence[BriefWaiting], running: Running, today: date
) -> dict[str, list[DeskRow]]:
    """What is *held* by the department by when it is due, and its *own* that others hold by who has to act."""
    groups: dict[str, list[DeskRow]] = {name: [] for name in GROUPS_OF_ROWS}
    for waiting in by_application(held):
        is_opinion = all(wait.kind == WaitKind.COUNTERSIGNATURE for wait in waiting)
        row = _opinion_row(waiting, running) if is_opinion else _row(waiting, running)
        groups[OPINIONS if is_opinion else _when(row, today)].append(row)
    at_hand = {(wait.project, wait.item) for wait in held}
    for waiting in by_application(wait for wait in own if (wait.project, wait.item) not in at_hand):
        row = _row(waiting, running)
        if all(wait.held_by == HeldBy.APPLICANT and wait.kind in OF_APPLICANT for wait in waiting):
            groups[APPLICANT].append(row)
        elif row.end is not None:  # what was never applied for is not the department's to wait for
            groups[OTHERS].append(row)
    return {name: sorted(rows, key=lambda row: row.order) for name, rows in groups.items()}


def _when(row: DeskRow, today: date) -> str:
    due = row.due_on
    if due is None:
        return LATER
    if due <= today:
        return TODAY
    return WEEK if due.isocalendar()[:2] == today.isocalendar()[:2] else LATER


def running_by_item(ends: Iterable[ClockEnd]) -> Running:
    """The clocks by project and item, each item's in the order in which they end, which is that of *ends*."""
    by_item: Running = {}
    for end in ends:
        by_item.setdefault((end.project, end.item), []).append(end)
    return by_item


def by_application(waiting: Iterable[BriefWaiting]) -> list[list[BriefWaiting]]:
    """What is *waiting*, that of each application together."""
    by_item: dict[tuple[UUID, str], list[BriefWaiting]] = {}
    for wait in waiting:
        by_item.setdefault((wait.project, wait.item), []).append(wait)
    return list(by_item.values())


def _row(waiting: list[BriefWaiting], running: Running) -> DeskRow:
    """One application, with the clock that measures what is waited for: opinions have their own."""
    first = waiting[0]
    special = [CLOCK_OF[wait.kind] for wait in waiting if wait.kind in CLOCK_OF]
    usual = any(wait.kind not in CLOCK_OF for wait in waiting)
    clocks = running.get((first.project, first.item), [])
    fitting = (
        end
        for end in clocks
        if not _is_opinion(end) and (end.clock in special or (usual and end.clock not in CLOCK_OF.values()))
    )
    return DeskRow(first.project, first.item, next(fitting, None), waiting)


def _opinion_row(waiting: list[BriefWaiting], running: Running) -> DeskRow:
    """The opinions that are waited for on one application, with the clock of the request that ends first."""
    first = waiting[0]
    requests = {wait.ref for wait in waiting}
    started = (end for end in running.get((first.project, first.item), []) if _is_opinion(end))
    fitting = (end for end in started if _request_key(end) in requests)
    return DeskRow(first.project, first.item, next(fitting, None), waiting)


def _is_opinion(end: ClockEnd) -> bool:
    return end.clock.startswith(f"{COUNTERSIGN.name}:")


def _request_key(end: ClockEnd) -> str:
    """The "department/step" in the name of a countersignature's clock, whose n-th asking ends with "#n"."""
    name = end.clock.removeprefix(f"{COUNTERSIGN.name}:")
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
