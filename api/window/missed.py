"""未按期 missed dates as they are published: which item of which department, and what it waited for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from domain.law.calendar.period import Period
from projections.clocks.list import ListedClock
from projections.clocks.reading import CONSULTED
from projections.progress.titles import ProjectTitles
from projections.supervision.figures import DecidedCase
from projections.supervision.list import ListFilter

MISSED_MAX = 50  # of each list; the bureau's own pages have all


class MissedDate(Struct, frozen=True):
    """A last day that passed before the act: of which item and department, and what it waited for, if it is open.

    Neither project nor enterprise is named: the law publishes results, not whose cases were late. *item* is empty where
    its name is in no published catalogue or flow: it was then written for one project, and may name it.
    """

    item: str
    department: str
    clock: str
    due_on: date | None
    decided_at: datetime | None
    working_days: int | None
    awaiting: list[str]

    @property
    def reason(self) -> str:
        """Why it is open, by a key of the sentences."""
        if self.clock.startswith(CONSULTED):
            return "opinion"
        return "awaiting" if self.awaiting else "delivery" if self.clock == "delivery" else "department"


class PublicNames(Struct, frozen=True):
    """The names of items in *titles* as far as they are *published*."""

    titles: ProjectTitles
    published: frozenset[str]

    def item(self, project: UUID, item: str) -> str:
        """What the item is called; empty where no catalogue or flow has the name."""
        name = self.titles.item(project, item)
        return name if name in self.published else ""


def of_clock(listed: ListedClock, names: PublicNames, awaited: Mapping[tuple[object, str], list[str]]) -> MissedDate:
    """An act that is still awaited after its last day."""
    clock = listed.reading
    waited = awaited.get((listed.project, clock.item), [])
    return MissedDate(
        names.item(listed.project, clock.item), clock.department, clock.clock, clock.due_on, None, None, waited
    )


def of_decision(case: DecidedCase, names: PublicNames) -> MissedDate:
    """A decision that came after its last day."""
    item = names.item(case.project, case.item)
    return MissedDate(item, case.department, "decision", None, case.decided_at, case.working_days, [])


def late_in(period: Period, limit: int) -> ListFilter:
    """The decisions of *period* that came after their last day, the newest first."""
    return ListFilter(period=period, figure="late", limit=limit)
