"""The axis of days that charts share: where a day lies, the months above it, and runs of days of one kind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

MONTHS = 12
LABEL_PX = 48  # what a label such as 2026-05 needs, and some space before the next
DAY_LABEL_PX = 72  # what the label of the first day needs


class Run(Struct, frozen=True):
    """Days of one *kind* that follow one another: from *x* on, *width* pixels; *first* and *last* in words."""

    kind: str
    x: float
    width: float
    first: date
    last: date


class Month(Struct, frozen=True):
    """The first day of a month on the axis; *label* is empty where there is no room for it."""

    x: float
    label: str


class TimeAxis(Struct, frozen=True):
    """Days from *first* to *last*, each *scale* pixels wide, the first of them at *left*."""

    first: date
    last: date
    left: float
    scale: float

    @property
    def right(self) -> float:
        """Where the last day ends."""
        return self.x(self.last) + self.scale

    def x(self, day: date) -> float:
        """Where *day* begins; a day beyond an end of the axis lies at that end."""
        return round(self.left + (min(max(day, self.first), self.last) - self.first).days * self.scale, 1)

    def run(self, kind: str, first: date, last: date) -> Run:
        """The days from *first* to *last*, both included."""
        x = self.x(first)
        return Run(kind, x, max(round(self.x(last) + self.scale - x, 1), 1), first, last)

    def runs(self, days: Iterable[tuple[date, str]]) -> list[Run]:
        """*days* in their order, those of one kind that follow one another as one run; days of no kind left out."""
        spans: list[tuple[str, date, date]] = []
        for day, kind in days:
            if spans and spans[-1][0] == kind and (day - spans[-1][2]).days <= 1:
                spans[-1] = (kind, spans[-1][1], day)
            else:
                spans.append((kind, day, day))
        return [self.run(kind, first, last) for kind, first, last in spans if kind]

    def months(self) -> list[Month]:
        """The first days of the months on the axis, labelled as far as there is room."""
        result: list[Month] = []
        number = self.first.year * MONTHS + self.first.month  # of the month after the first day's, counted from 0
        labelled = self.left + DAY_LABEL_PX - LABEL_PX  # the first day is labelled itself
        while (day := date(number // MONTHS, number % MONTHS + 1, 1)) <= self.last:
            x, label = self.x(day), ""
            if x >= labelled + LABEL_PX and x + LABEL_PX <= self.right:
                label, labelled = f"{day:%Y-%m}", x
            result.append(Month(x, label))
            number += 1
        return result


def fitted(first: date, last: date, left: float, right: float, scale_max: float) -> TimeAxis:
    """The axis from *first* to *last* that fills the pixels from *left* to *right*, at most *scale_max* a day."""
    days = (last - first).days + 1
    return TimeAxis(first, last, left, min(scale_max, (right - left) / days))
