"""What projects that follow a flow come to: sums of figures, of days on chains and of how long steps took.

A median is found without reading all durations: how many there are is summed by day and by quarter of an hour, so that
rows are read in order only within the quarter that it is in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import LiteralString

from msgspec import Struct

from projections.view import Row, Rows, Table

MICROSECOND = timedelta(microseconds=1)
DAY_SECONDS, QUARTER_SECONDS = 86_400, 900  # the spans that durations are counted by
SECOND_US = 1_000_000
DAY_US = DAY_SECONDS * SECOND_US
FLOW: tuple[tuple[str, LiteralString], ...] = (("register", "text"), ("flow", "text"), ("edition", "integer"))
FIGURES: tuple[tuple[str, LiteralString], ...] = (("figures", "text"), ("n", "bigint NOT NULL"))
# Figures are words: each project or item has one row, and counts once for every word.
PROJECT_SUMS = Table("conformance_project", (*FLOW, *FIGURES), key=4, summed=True)
ITEM_SUMS = Table("conformance_item", (*FLOW, ("item", "text"), *FIGURES), key=5, summed=True)
PLANS = Table(
    "conformance_plan",
    (
        *FLOW,
        ("item", "text"),
        ("nth", "integer"),
        ("name", "text"),
        ("department", "text"),
        ("n", "bigint NOT NULL"),
    ),
    key=7,
    summed=True,
)
CHAINS = Table(
    "conformance_chain",
    (*FLOW, ("item", "text"), ("measure", "text"), ("microseconds", "numeric NOT NULL")),  # of a whole zone
    key=5,
    summed=True,
)
DURATIONS = Table(
    "conformance_duration",
    (
        ("register", "text"),
        ("flow", "text"),
        ("span", "integer"),  # seconds
        ("measure", "text"),
        ("item", "text"),
        ("nth", "integer"),  # of the spans, each with its end: 0 is what took no time, often the half of them
        ("edition", "integer"),
        ("n", "integer NOT NULL"),
    ),
    key=7,
    summed=True,
)
SUMMED = (PROJECT_SUMS, ITEM_SUMS, PLANS, CHAINS, DURATIONS)
WAITED, HANDLED = "waited", "handled"


class ConformanceFigure(StrEnum):
    """What a project, or an item, counts in; an item also in each of its deviations."""

    CONFORMING = "conforming"
    DONE = "done"
    BEGUN = "begun"
    GRANTED = "granted"
    CHAIN = "chain"
    SUPPLEMENT = "supplement"


class Taken(Struct, frozen=True):
    """How long a granted step waited to be applied for, and was handled, in microseconds; None where it is unknown.

    What was begun before it was free waited for nothing, and is handled from when it was free.
    """

    waited_us: int | None = None
    handled_us: int | None = None

    @classmethod
    def of(cls, free_at: datetime | None, begun_at: datetime | None, granted_at: datetime | None) -> Taken:
        """Nothing before the grant."""
        if granted_at is None:
            return cls()
        instants = [at for at in (begun_at, free_at) if at is not None]
        start = max(instants, default=granted_at)
        waited = None if free_at is None else (start - free_at) // MICROSECOND
        return cls(waited, max((granted_at - start) // MICROSECOND, 0))

    @property
    def measured(self) -> Sequence[tuple[str, int]]:
        """What is known of it, by measure."""
        both = (WAITED, self.waited_us), (HANDLED, self.handled_us)
        return [(measure, taken) for measure, taken in both if taken is not None]


class ItemSums(Struct, frozen=True):
    """What one item of a project adds to the sums."""

    plan: Row
    figures: Row
    chain: Sequence[Row]
    durations: Sequence[Row]


def tables_of(project: Row, items: Iterable[ItemSums], before: Rows) -> dict[str, Sequence[Row]]:
    """The rows of the summed tables; those that are as *before* are the same objects, so that they are not compared."""
    of_items = list(items)
    tables: dict[str, Sequence[Row]] = {
        PROJECT_SUMS.name: [project],
        ITEM_SUMS.name: [item.figures for item in of_items],
        PLANS.name: [item.plan for item in of_items],
        CHAINS.name: [row for item in of_items for row in item.chain],
        DURATIONS.name: [row for item in of_items for row in item.durations],
    }
    return {name: before[name] if name in before and before[name] == rows else rows for name, rows in tables.items()}


def duration_rows(register: str, flow: str, edition: int, item: str, taken: Taken) -> list[Row]:
    """Where the durations of a step count: in a span of each length."""
    return [
        (register, flow, span, measure, item, -(-us // (span * SECOND_US)), edition, 1)
        for measure, us in taken.measured
        for span in (DAY_SECONDS, QUARTER_SECONDS)
    ]


def words(counts: Mapping[str, int]) -> str:
    """The figures in which something counts, each as often as it does."""
    return " ".join(figure for figure, times in counts.items() for _ in range(times))
