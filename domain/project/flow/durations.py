"""How long items took so far, and what that lets one expect: quantiles of past applications, told with their number.

A duration is a number of working days, whatever stopped the clock in between: people wait through suspensions too. For
an application that is in, it is from submission to decision; for an item still to be applied for, from the day on which
nothing blocked it to its grant: enterprises take their time to apply, and some have to apply twice. Where too few are
known of an item, those of its department stand for it, then those of the whole zone, then what the law allows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct, field

from domain.project.flow.path import Days

LOW_PERCENT, MEDIAN_PERCENT, HIGH_PERCENT = 20, 50, 80
SAMPLE_SMALL_BELOW = 5  # fewer say little: rather look at more cases that are less alike

Sample = Mapping[int, int]  # working days -> how many applications took them


class Basis(StrEnum):
    """What an estimate rests on."""

    ITEM = "item"  # the same service of the same department, under the same special law, in the same mode
    DEPARTMENT = "department"  # anything of the department in the same mode
    ZONE = "zone"  # anything in the same mode
    STATUTORY = "statutory"  # nothing was decided yet: what the law allows


class Likeness(NamedTuple):
    """What makes applications alike: *service* is the catalogue's code, or the item's where it has none."""

    service: str
    special: str
    department: str
    mode: str


class PastDurations(Struct, frozen=True):
    """The durations of what was decided: of the most alike; by department and mode; by mode."""

    of_item: dict[Likeness, Counter[int]] = field(default_factory=dict)
    of_department: dict[tuple[str, str], Counter[int]] = field(default_factory=dict)
    of_zone: dict[str, Counter[int]] = field(default_factory=dict)

    def add(self, like: Likeness, days: int, number: int = 1) -> None:
        """Count *number* applications more that took *days*."""
        self.of_item.setdefault(like, Counter())[days] += number
        self.of_department.setdefault((like.department, like.mode), Counter())[days] += number
        self.of_zone.setdefault(like.mode, Counter())[days] += number

    def samples(self, like: Likeness) -> Iterator[tuple[Basis, Sample]]:
        """What is known, the most alike first."""
        yield Basis.ITEM, self.of_item.get(like, {})
        yield Basis.DEPARTMENT, self.of_department.get((like.department, like.mode), {})
        yield Basis.ZONE, self.of_zone.get(like.mode, {})


class KnownDurations(Struct, frozen=True):
    """Both kinds of durations: *handling* from submission to decision, *whole* from being free to the grant."""

    handling: PastDurations = field(default_factory=PastDurations)
    whole: PastDurations = field(default_factory=PastDurations)


class Measure(StrEnum):
    """From when to when the durations behind an estimate run."""

    HANDLING = "handling"
    WHOLE = "whole"


class Estimate(Struct, frozen=True):
    """How many working days are still to be expected. *n* applications are behind it; 0 where the law alone is.

    *elapsed* days are over. *overrun*: it has taken longer than anything known, and than the law allows.
    """

    days: Days
    basis: Basis
    n: int
    small_sample: bool
    elapsed: int = 0
    overrun: bool = False
    measure: Measure = Measure.HANDLING


def estimate(past: PastDurations, like: Likeness, allowed: Days, elapsed: int = 0) -> Estimate:
    """What to expect of one application that was begun *elapsed* working days ago (0: it is still to come).

    Only applications that took at least as long count, less what is over: a case that has waited for 30 days is not one
    of those that took 10. *allowed* is what the law allows, where nothing else is known.
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
    """How many applications there are in *sample*."""
    return sum(sample.values())


def ranged(sample: Sample) -> Days:
    """The low, the median and the high quantile of a *sample* that is not empty."""
    return Days(*(quantile(sample, percent) for percent in (LOW_PERCENT, MEDIAN_PERCENT, HIGH_PERCENT)))


def quantile(sample: Sample, percent: int) -> int:
    """The smallest duration that at least *percent* of a hundred (> 0) did not exceed: the nearest-rank method."""
    wanted = -(-total(sample) * percent // 100)
    seen = 0
    for days in sorted(sample):
        seen += sample[days]
        if seen >= wanted:
            return days
    raise ValueError("an empty sample has no quantiles")
