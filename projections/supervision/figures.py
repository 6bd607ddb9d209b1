"""监察数字 figures of supervision: their names, the rows each selects, and their computation from counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from statistics import median
from typing import TypeVar

from msgspec import Struct, field

from domain.law.calendar.period import Period
from domain.law.licensing.clock import State
from domain.law.proof import Colour
from projections.clocks.decisions import DecisionRow
from projections.clocks.fold import JUDGED, UNJUDGED
from projections.sums import ALL, NO_DAYS
from projections.supervision.fold import APPEALED, DEEMED, RESCINDED, REVOKED, WARNING, SignalRow, figures_of

PERCENT_DIGITS = 4  # of a rate between 0 and 1
ON_TIME = {State.MET.value: True, State.LATE.value: False}
JUDGED_AS = {True: State.MET.value, False: State.LATE.value, None: UNJUDGED}

N = TypeVar("N", int, float)

Counts = Counter[tuple[str, str, int]]  # by department (and for all), figure, working days
DailyCounts = Counter[tuple[date, str, str]]  # of signals alone, by day, department (and for all) and figure
SignalCounts = Counter[tuple[str, str]]  # of signals alone, by department (and for all) and figure


class DecidedCase(DecisionRow, frozen=True):
    """One decided application. None: no clock of this kind, for instance under a law with other clocks.

    *on_time*: within the statutory limit; *promise_kept*: within the published one; *working_days*: as counted by the
    statutory clock, without suspensions.
    """

    on_time: bool | None
    promise_kept: bool | None
    working_days: int | None


class Figures(Struct, frozen=True):
    """The figures of a department, or of all, in a period. Rates are between 0 and 1; None without cases.

    *yellow*, *red*, *warning* and *deemed* exclude rescinded and revoked signals.
    """

    department: str
    warning: int
    yellow: int
    red: int
    deemed: int
    rescinded: int
    revoked: int
    appealed: int
    decided: int
    on_time: int
    late: int
    on_time_rate: float | None
    median_working_days: float | None


class Counted(Struct):
    """One department's counts: by figure, and by number of working days."""

    by_figure: Counter[str] = field(default_factory=Counter)
    by_days: Counter[int] = field(default_factory=Counter)


def _takes(figure: str) -> Callable[[SignalRow], bool]:
    return lambda signal: figure in figures_of(signal.level, signal.state)


SIGNAL_FIGURES: Mapping[str, Callable[[SignalRow], bool]] = {
    figure: _takes(figure)
    for figure in (WARNING, Colour.YELLOW.value, Colour.RED.value, DEEMED, RESCINDED, REVOKED, APPEALED)
}
CASE_FIGURES: Mapping[str, Callable[[DecidedCase], bool]] = {
    "decided": lambda _: True,
    "on_time": lambda case: case.on_time is True,
    "late": lambda case: case.on_time is False,
}


# Every signal counts in exactly one of these: its level, or its later fate.
FATES = (WARNING, Colour.YELLOW.value, Colour.RED.value, DEEMED, RESCINDED, REVOKED)


def length_of(line: Figures, figure: str) -> int:
    """The length of the list behind *figure* of *line*; for the empty figure, of all signals."""
    return sum(getattr(line, name) for name in ((figure,) if figure else FATES))


def figures(department: str, signals: Sequence[SignalRow], decided: Sequence[DecidedCase]) -> Figures:
    """The figures of one department's lists, or of all."""
    counts = {name: sum(map(takes, signals)) for name, takes in SIGNAL_FIGURES.items()}
    cases = {name: sum(map(takes, decided)) for name, takes in CASE_FIGURES.items()}
    judged = cases["on_time"] + cases["late"]
    days = [case.working_days for case in decided if case.working_days is not None]
    return Figures(
        department,
        **counts,
        **cases,
        on_time_rate=round(cases["on_time"] / judged, PERCENT_DIGITS) if judged else None,
        median_working_days=float(median(days)) if days else None,
    )


def counted(signals: Iterable[SignalRow], decided: Iterable[DecidedCase]) -> Counts:
    """The counts of two lists."""
    counts: Counts = Counter()
    for signal in signals:
        for department in counted_for(signal.department):
            counts.update((department, figure, NO_DAYS) for figure in figures_of(signal.level, signal.state))
    for case in decided:
        days = NO_DAYS if case.working_days is None else case.working_days
        for department in counted_for(case.department):
            counts[department, JUDGED_AS[case.on_time], days] += 1
    return counts


def signals_in(counts: DailyCounts, period: Period) -> SignalCounts:
    """The signals of *period* among the *counts* of days, without figures that are zero."""
    numbers: SignalCounts = Counter()
    for (day, department, figure), number in counts.items():
        if period.first <= day <= period.last:
            numbers[department, figure] += number
    return +numbers


def counted_for(department: str) -> set[str]:
    """The departments in whose counts a signal or decision of *department* is: its own, if known, and all together."""
    return {department, ALL}


def of_counts(counts: Counts) -> list[Figures]:
    """The figures of all departments together, then of each, by name."""
    counted_of: dict[str, Counted] = {}
    for (department, figure, days), number in counts.items():
        of_department = counted_of.get(department) or counted_of.setdefault(department, Counted())
        of_department.by_figure[figure] += number
        if days != NO_DAYS:
            of_department.by_days[days] += number
    total = counted_of.pop(ALL, Counted())
    return [_figures("", total), *(_figures(department, counted_of[department]) for department in sorted(counted_of))]


def _figures(department: str, of_department: Counted) -> Figures:
    met, late = (of_department.by_figure[state] for state in JUDGED)
    return Figures(
        department,
        **{name: of_department.by_figure[name] for name in SIGNAL_FIGURES},
        decided=met + late + of_department.by_figure[UNJUDGED],
        on_time=met,
        late=late,
        on_time_rate=round(met / (met + late), PERCENT_DIGITS) if met + late else None,
        median_working_days=median_of(of_department.by_days),
    )


def median_of(numbers: Counter[N]) -> float | None:
    """The median of numbers given with their frequencies; None without any."""
    total, seen = numbers.total(), 0
    wanted, middle = ((total - 1) // 2, total // 2), list[float]()
    for number in sorted(numbers):
        middle += [number for place in wanted if seen <= place < seen + numbers[number]]
        seen += numbers[number]
    return sum(middle) / len(wanted) if total else None
