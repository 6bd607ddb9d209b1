"""What the progress table is made of: a strip of cells, a sentence about now, the clock that ends first, filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from msgspec import Struct

from api.clocks.bar import LimitBar, limit_bar
from api.clocks.display import waits, warned
from api.html.clock_names import clock_name
from api.html.page import PageContext
from domain.core.types import DECIDED_STAGES, Outcome, Stage
from projections.clocks.list import ListedClock
from projections.clocks.query import ClocksAt
from projections.clocks.reading import Reading
from projections.history.moment import HistoryBehindError, TooMuchToReadError
from projections.progress.query import Choices
from projections.progress.rows import ProgressItem, ProgressProject

FIGURES: tuple[tuple[str, dict[str, str]], ...] = (
    ("under_way", {"status": "open"}),
    ("stuck", {"stuck": "true"}),
    ("late", {"warned": "late"}),
    ("soon", {"warned": "soon"}),
    ("applicant", {"holder": "applicant"}),
    ("stale", {"stale": "true"}),
)

DONE, SPECIAL, OPEN, UNSTARTED, REFUSED = "done", "special", "open", "unstarted", "refused"
DENIED = (Outcome.REFUSED, Outcome.REVOKED)  # decided, and the applicant has nothing to show for it
UNITS_OF_TIME = ((86_400, "days_ago"), (3_600, "hours_ago"), (60, "minutes_ago"))  # seconds each


class Cell(Struct, frozen=True):
    """One item in a strip: how it is, whether a clock of it is "late" or "soon" due, and what is said of it."""

    state: str
    warned: str
    title: str


class ShownProject(Struct, frozen=True):
    """One row: the project, its items as cells in groups by phase and as counts, and what goes on.

    *first* is the clock that is over first; *now* the item that it, or else the next step, is about, by code and name,
    and the words for what goes on there. *ago* says how long ago the project changed. So many results were *keyed_in*
    by the manager; the one that was not verified for longest was at *verified_at*, None: never.
    """

    project: ProgressProject
    strip: list[list[Cell]]
    counts: list[tuple[str, int]]
    first: Reading | None
    bar: LimitBar | None
    now: tuple[str, str, str] | None
    ago: str
    keyed_in: int
    verified_at: datetime | None


class ProgressFigure(Struct, frozen=True):
    """One number, and the list whose length it is."""

    name: str
    number: int
    href: str
    is_chosen: bool


def figures_of(numbers: Mapping[str, int], fields: Mapping[str, str], link: Callable[..., str]) -> list[ProgressFigure]:
    """The *numbers* of the zone, each with the list behind it, to which *link* gives the address by its filters."""
    chosen = {name: value for name, value in fields.items() if value}
    return [ProgressFigure(name, numbers[name], link(**query), chosen == query) for name, query in FIGURES]


def explained(page: PageContext) -> list[tuple[str, str]]:
    """The figures of the progress table that a reader may want explained: their names, and what they are called."""
    sheet, label = page.words["sheet"], page.words["label"]
    figures = [(name, sheet(name)) for name in ("under_way", "stuck", "soon", "late", "applicant", "stale")]
    return [*figures, ("done_of", label("done_of")), ("holder", label("holder")), ("left", sheet("left"))]


class RowSources(Struct, frozen=True):
    """What rows are made of: items and running clocks by project, and the instant *t*."""

    items: Mapping[UUID, list[ProgressItem]]
    clocks: Mapping[UUID, list[Reading]]
    t: datetime


def clocks_by_project(running: Iterable[ListedClock]) -> dict[UUID, list[Reading]]:
    """The *running* clocks, those that are over first, by project."""
    clocks: dict[UUID, list[Reading]] = {}
    for clock in running:
        clocks.setdefault(clock.project, []).append(clock.reading)
    return clocks


def first_awaited(clocks: Iterable[Reading]) -> Reading | None:
    """The first of *clocks* that waits for an act."""
    return next((clock for clock in clocks if waits(clock)), None)


async def running_clocks(clocks: ClocksAt, projects: Sequence[UUID]) -> list[ListedClock] | None:
    """The running clocks of *projects*; None where too much has moved: the table is worth showing without them."""
    try:
        return await clocks.running(projects)
    except (TooMuchToReadError, HistoryBehindError):
        return None


def shown_rows(page: PageContext, projects: Sequence[ProgressProject], sources: RowSources) -> list[ShownProject]:
    """The rows of a page."""
    return [_shown(page, row, sources) for row in projects]


def state_of(item: ProgressItem) -> str:
    """How an item is, in one of the five ways a cell shows."""
    if item.stage == Stage.DECLINED or (item.stage in DECIDED_STAGES and item.outcome in DENIED):
        return REFUSED
    if item.stage in DECIDED_STAGES:
        return DONE
    if item.stage == Stage.SUPPLEMENTING or item.suspended:
        return SPECIAL
    return OPEN if item.stage in (Stage.SUBMITTED, Stage.ACCEPTED) else UNSTARTED


def flags_of(clocks: Iterable[Reading]) -> dict[str, str]:
    """By item, whether a clock of it is "late" or "soon" due."""
    flags: dict[str, str] = {}
    for clock in clocks:
        if warned(clock) and flags.get(clock.item) != "late":
            flags[clock.item] = warned(clock)
    return flags


def _shown(page: PageContext, row: ProgressProject, sources: RowSources) -> ShownProject:
    items, clocks = sources.items.get(row.project, []), sources.clocks.get(row.project, [])
    names = {item.item: page.called(item.name) or item.item for item in items}
    flags, states = flags_of(clocks), [state_of(item) for item in items]
    strip = [
        [_cell(page, item, names[item.item], flags.get(item.item, "")) for item in of_phase]
        for _, of_phase in groupby(items, key=lambda item: item.phase)
    ]
    counts = [(state, states.count(state)) for state in (OPEN, SPECIAL, REFUSED, UNSTARTED) if state in states]
    first = first_awaited(clocks)
    now = _now(page, row, items, names, first)
    verified = [item.verified_at for item in items if item.external]
    return ShownProject(
        project=row,
        strip=strip,
        counts=counts,
        first=first,
        bar=limit_bar(first) if first else None,
        now=now,
        ago=ago(page, row.changed_at, sources.t),
        keyed_in=len(verified),
        verified_at=None if None in verified else min(filter(None, verified), default=None),
    )


def _cell(page: PageContext, item: ProgressItem, name: str, flag: str) -> Cell:
    return Cell(state_of(item), flag, cell_title(page, item, name, flag))


def _now(
    page: PageContext,
    row: ProgressProject,
    items: Sequence[ProgressItem],
    names: Mapping[str, str],
    first: Reading | None,
) -> tuple[str, str, str] | None:
    """The item that matters most now, by code and name, and what goes on there; None where all is done."""
    sheet = page.words["sheet"]
    turned_down = next((item for item in items if state_of(item) == REFUSED), None)
    if row.stuck and turned_down:
        ended = page.words["outcome"](page.words["stage"](turned_down.outcome or turned_down.stage))
        return turned_down.item, names[turned_down.item], sheet("turned_down").format(ended)
    if first is not None:
        item = next((item for item in items if item.item == first.item), None)
        stage = f"{page.words['stage'](item.stage)} · " if item else ""
        return first.item, names.get(first.item, first.item), f"{stage}{clock_name(page)(first.clock)}"
    item = next((item for item in items if item.holders and state_of(item) != DONE), None)
    if item is not None:
        return item.item, names[item.item], page.words["stage"](item.stage)
    return None


def ago(page: PageContext, at: datetime | None, t: datetime) -> str:
    """How long before *t* the instant *at* was, in words; empty where there is none."""
    if at is None:
        return ""
    seconds = (t - at).total_seconds()
    for length, name in UNITS_OF_TIME:
        if seconds >= length:
            number = int(seconds // length)
            return page.words["sheet"](name if number > 1 else f"{name}_one").format(number)
    return page.words["sheet"]("just_now")


def cell_title(page: PageContext, item: ProgressItem, name: str, flag: str, *further: str) -> str:
    """What is said of a cell: the *name* of its item, how that is, whether a clock is "late" or "soon" due."""
    return f"{name}: {', '.join((_cell_word(page, item), *map(page.words['sheet'], flag.split()), *further))}"


def _cell_word(page: PageContext, item: ProgressItem) -> str:
    """How a denied or decided item ended, else the state of its cell."""
    state = state_of(item)
    if state in (REFUSED, DONE):
        return page.words["outcome"](item.outcome) if item.outcome else page.words["stage"](item.stage)
    return page.words["sheet"](state)


def by_words(choices: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Values with the words for them, as people look for words."""
    return sorted(choices, key=lambda choice: choice[1])


def choices_of(page: PageContext, choices: Choices) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer, each value with the words for it."""
    sheet, kind_of, stage = (page.words[name] for name in ("sheet", "kind_of", "stage"))
    return {
        "manager": [(manager, manager) for manager in choices.managers],
        "phase": [(phase, page.called(name)) for phase, name in choices.phases],
        "kind": [(kind, kind_of(kind)) for kind in choices.kinds],
        "department": by_words((code, page.office(code)) for code in choices.departments),
        "stage": [(member.value, stage(member.value)) for member in Stage],
        "holder": by_words((code, page.who(code)) for code in choices.holders),
        "warned": [(flag, sheet(flag)) for flag in ("soon", "late")],
        "status": [(status, sheet(status)) for status in ("open", "done")],
        "changed": [(days, sheet(f"changed_{days}")) for days in ("1", "7", "30")],
    }


def chips_of(
    page: PageContext, fields: Mapping[str, str], choices: Mapping[str, list[tuple[str, str]]], text: str
) -> list[tuple[str, str, str]]:
    """The filters in use: what each is called, its value in words, and the address without it."""
    sheet, label = page.words["sheet"], page.words["label"]
    chips = [("text", label("text"), text)] if text else []
    for name, value in fields.items():
        if value:
            words = dict(choices.get(name, [])).get(value, "" if value == "true" else value)
            chips.append((name, sheet("state") if name == "stage" else _chip_name(page, name), words))
    return [(chip_label, words, page.here(**{name: "", "cursor": "", "open": ""})) for name, chip_label, words in chips]


def _chip_name(page: PageContext, name: str) -> str:
    return page.words["label" if name in ("manager", "department", "holder", "changed") else "sheet"](name)
