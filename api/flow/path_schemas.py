"""Responses about the critical path: items with ranges and their bases, dates on the calendar, and delayed ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from domain.core.types import OPEN_STAGES, Stage
from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import local_day
from domain.law.estimate import allowed_days, expected_on
from domain.law.packs.pack import Pack
from domain.project.flow.durations import Estimate, KnownDurations
from domain.project.flow.forecast import Elapsed, Forecast, forecast
from domain.project.flow.path import Days, Moved, Path, PathStep, delayed, path
from domain.project.state.project import Item, Project
from projections.flow.durations import VIEW as HANDLED
from projections.flow.durations import HandledState
from projections.view import Folded


class Expected(Struct, frozen=True):
    """A range: *days* are working days from the day asked about, and the dates on which they are over."""

    days: Days
    low_on: date
    median_on: date
    high_on: date


class PathItem(Struct, frozen=True):
    """One item that is not granted yet.

    *slack*: by how many working days it alone may take longer without moving the finish; null: by any number.
    *remaining* are the working days it still needs once nothing blocks it, and what that rests on.
    """

    item: str
    name: str
    department: str
    stage: Stage
    critical: bool
    slack: int | None
    remaining: Estimate
    starts: Expected
    finishes: Expected


class MovedItem(Struct, frozen=True):
    """An item that a delay moves, by its median; *by* in working days."""

    item: str
    name: str
    by: int
    before_on: date
    after_on: date


class DelayEffect(Struct, frozen=True):
    """What the given delays would move, what moves most first. *finish* is null where it can't be estimated."""

    delays: dict[str, int]
    moved: list[MovedItem]
    finish: MovedItem | None


class ProjectPath(Struct, frozen=True):
    """The way to the finish at *as_of*. *finish* is null where nothing is left, or where items are *stuck*.

    *critical*: the items that decide the median finish, in order. *low* is as if everything went as quickly as the
    quickest fifth, *high* as slowly as the slowest. *provisional*: the range ends beyond the published calendar.
    """

    as_of: datetime
    known_at: datetime
    estimate: Literal[True]
    assumed_zh: str
    assumed_en: str
    calendar: str
    provisional: bool
    finish: Expected | None
    critical: tuple[str, ...]
    stuck: tuple[str, ...]
    items: list[PathItem]
    delay: DelayEffect | None
    position: int


class FinishOutlook(Struct, frozen=True):
    """What the answer is made from: the project, what is left of it, and the calendar it is counted by."""

    project: Project
    left: Forecast
    way: Path
    calendar: WorkingCalendar
    today: date

    def on(self, days: int) -> date:
        """The day on which so many working days are over."""
        return expected_on(self.calendar, self.today, days)

    def expected(self, days: Days) -> Expected:
        """*days* with their dates."""
        return Expected(days, self.on(days.low), self.on(days.median), self.on(days.high))

    @property
    def finish(self) -> Expected | None:
        """When everything is expected to be over."""
        return self.expected(self.way.finish) if self.way.finish else None


def outlook(
    folded: Folded, pack: Pack, calendar: WorkingCalendar, known: KnownDurations, at: datetime
) -> FinishOutlook:
    """What is to be expected of a project that was folded at the instant *at*, under *pack*."""
    project, today = folded.project, local_day(at, pack.zone)
    state: HandledState = folded.states[HANDLED.name]
    allowed = {code: _allowed(pack, item) for code, item in project.items.items()}

    def over(at: datetime | None) -> int | None:
        return None if at is None else calendar.working_days_between(local_day(at, pack.zone), today)

    submitted, free = {}, {}
    for code, item in project.items.items():
        is_open = item.stage in OPEN_STAGES
        if (days := over(state.submitted_at(code, item.application) if is_open else None)) is not None:
            submitted[code] = days
        if (days := over(state.free_at(item.plan))) is not None:
            free[code] = days
    left = forecast(project, known, allowed, Elapsed(submitted, free))
    return FinishOutlook(project, left, path(left.tasks), calendar, today)


def _allowed(pack: Pack, item: Item) -> Days:
    """The working days that the law gives the item: its promise as usual, its limit with intake at most."""
    special = item.plan.special
    law = pack.under(special) if special in pack.specials else pack
    promised, may = allowed_days(law, item.mode, item.promise_days)
    return Days(promised, promised, may)


def path_items(outlook: FinishOutlook) -> list[PathItem]:
    """Every item on the way, in the project's order."""
    return [_path_item(outlook, step) for step in outlook.way.steps]


def _path_item(outlook: FinishOutlook, step: PathStep) -> PathItem:
    item = outlook.project.items[step.item]
    return PathItem(
        item=step.item,
        name=item.plan.name,
        department=item.department,
        stage=item.stage,
        critical=step.critical,
        slack=step.slack,
        remaining=outlook.left.estimates[step.item],
        starts=outlook.expected(step.starts),
        finishes=outlook.expected(step.finishes),
    )


def effect_of(outlook: FinishOutlook, delays: Mapping[str, int]) -> DelayEffect | None:
    """What *delays*, in working days, would move; None where none is asked about."""
    if not delays:
        return None
    effect = delayed(outlook.left.tasks, delays)
    finish = _moved(outlook, effect.finish) if effect.finish and outlook.way.finish else None
    return DelayEffect(dict(delays), [_moved(outlook, move) for move in effect.moved], finish)


def _moved(outlook: FinishOutlook, move: Moved) -> MovedItem:
    item = outlook.project.items.get(move.item)
    name = item.plan.name if item else ""
    return MovedItem(move.item, name, move.after - move.before, outlook.on(move.before), outlook.on(move.after))
