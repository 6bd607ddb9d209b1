"""Duration estimates: quantiles of past applications, given with the sample size.

A duration is a number of working days, suspensions included, as people wait through these too. For a pending
application it runs from submission to decision; for an item still to be applied for, from the day on which it was no
longer blocked to its grant, as enterprises take time to apply and some apply twice. If an item has too small a sample,
its department's is used, then the whole zone's, then the statutory limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct, field

from domain.project.flow.path import Days

LOW_PERCENT, MEDIAN_PERCENT, HIGH_PERCENT = 20, 50, 80
SAMPLE_SMALL_BELOW = 5  # below this a larger sample of less similar cases is the better estimate

Sample = Mapping[int, int]  # working days -> how many applications took them


class Basis(StrEnum):
    """The sample an estimate is based on."""

    ITEM = "item"  # the same service of the same department, under the same special law, in the same mode
    DEPARTMENT = "department"  # anything of the department in the same mode
    ZONE = "zone"  # anything in the same mode
    STATUTORY = "statutory"  # no decisions yet: the statutory limit


class Likeness(NamedTuple):
    """The criteria of similar applications; *service* is the catalogue's code, or else the item's."""

    service: str
    special: str
    department: str
    mode: str


class PastDurations(Struct, frozen=True):
    """Durations of decided applications: of the most similar; by department and mode; by mode."""

    of_item: dict[Likeness, Counter[int]] = field(default_factory=dict)
    of_department: dict[tuple[str, str], Counter[int]] = field(default_factory=dict)
    of_zone: dict[str, Counter[int]] = field(default_factory=dict)

    def add(self, like: Likeness, days: int, number: int = 1) -> None:
        """Add *number* applications that took *days*."""
        self.of_item.setdefault(like, Counter())[days] += number
        self.of_department.setdefault((like.department, like.mode), Counter())[days] += number
        self.of_zone.setdefault(like.mode, Counter())[days] += number

    def samples(self, like: Likeness) -> Iterator[tuple[Basis, Sample]]:
        """The samples, the most similar first."""
        yield Basis.ITEM, self.of_item.get(like, {})
        yield Basis.DEPARTMENT, self.of_department.get((like.department, like.mode), {})
        yield Basis.ZONE, self.of_zone.get(like.mode, {})


class KnownDurations(Struct, frozen=True):
    """Both kinds of durations: *handling* from submission to decision, *whole* from being unblocked to the grant."""

    handling: PastDurations = field(default_factory=PastDurations)
    whole: PastDurations = field(default_factory=PastDurations)


class Measure(StrEnum):
    """Which of the two durations an estimate is of."""

    HANDLING = "handling"
    WHOLE = "whole"


class Estimate(Struct, frozen=True):
    """The expected remaining working days. *n* is the sample size; 0 if based on the law alone.

    *elapsed* days have passed. *overrun*: it has taken longer than every known case and than the law allows.
    """

    days: Days
    basis: Basis
    n: int
    small_sample: bool
    elapsed: int = 0
    overrun: bool = False
    measure: Measure = Measure.HANDLING


def estimate(past: PastDurations, like: Likeness, allowed: Days, elapsed: int = 0) -> Estimate:
    """The estimate for one application begun *elapsed* working days ago (0: not begun).

    Only applications that took at least as long are considered, less the elapsed time: a case that has waited for 30
    days is not one of those that took 10. *allowed* is the statutory limit, used without any sample.
    """
    best: tuple[Basis, Sample] | None = None
    for basis, sample in past.samples(like):
        left: Sample = {days - elapsed: number for days, number in sample.items() if days >= elapsed}
        if left and (best is None or total(left) >= SAMPLE_SMALL_BELOW):
            best = basis, left
            if total(left) >= SAMPLE_SMALL_BELOW:
                break
    if best is not None:
        basis, left = best
        n = total(left)
        return Estimate(ranged(left), basis, n, n < SAMPLE_SMALL_BELOW, elapsed)
    over = elapsed > allowed.high
    left_days = Days(*(max(days - elapsed, 0) for days in (allowed.low, allowed.median, allowed.high)))
    return Estimate(left_days, Basis.STATUTORY, 0, small_sample=True, elapsed=elapsed, overrun=over)


def total(sample: Sample) -> int:
    """The size of *sample*."""
    return sum(sample.values())


def ranged(sample: Sample) -> Days:
    """The low, median and high quantile of a non-empty *sample*."""
    return Days(*(quantile(sample, percent) for percent in (LOW_PERCENT, MEDIAN_PERCENT, HIGH_PERCENT)))


def quantile(sample: Sample, percent: int) -> int:
    """The *percent* (> 0) quantile of *sample*, by the nearest-rank method."""
    wanted = -(-total(sample) * percent // 100)
    seen = 0
    for days in sorted(sample):
        seen += sample[days]
        if seen >= wanted:
            return days
    raise ValueError("an empty sample has no quantiles")
