"""What the progress table is made of: a strip of cells, the clock that ends first, the tiles and their filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from api.clocks.display import waits, warned
from api.html.page import PageContext
from domain.core.types import DECIDED_STAGES, Outcome, Stage
from projections.clocks.list import ListedClock
from projections.clocks.reading import Reading
from projections.progress.fold import ProgressItem, ProgressProject
from projections.progress.query import Choices, Tiles

TILES: tuple[tuple[str, dict[str, str]], ...] = (
    ("under_way", {"status": "open"}),
    ("stuck", {"stuck": "true"}),
    ("soon", {"warned": "soon"}),
    ("late", {"warned": "late"}),
    ("applicant", {"holder": "applicant"}),
    ("stale", {"stale": "true"}),
)

DONE, SPECIAL, OPEN, UNSTARTED, REFUSED = "done", "special", "open", "unstarted", "refused"


DENIED = (Outcome.REFUSED, Outcome.REVOKED)  # decided, and the applicant has nothing to show for it


class Cell(Struct, frozen=True):
    """One item in a strip: how it stands, whether a clock of it is "late" or "soon" due, and what is said of it."""

    state: str
    warned: str
    title: str


class ShownProject(Struct, frozen=True):
    """One row: the project, its items as cells and as counts, and the clock that ends first with its item's name."""

    project: ProgressProject
    cells: list[Cell]
    counts: list[tuple[str, int]]
    first: Reading | None
    first_name: str


class Tile(Struct, frozen=True):
    """One number, and the list whose length it is where there is one."""

    name: str
    number: int
    href: str


def tiles_of(page: PageContext, tiles: Tiles) -> list[Tile]:
    """The numbers of the zone; those of projects lead to their lists."""
    linked = [Tile(name, getattr(tiles, name), page.link("/", **query)) for name, query in TILES]
    return [*linked[:2], Tile("decided_this_week", tiles.decided_this_week, ""), *linked[2:]]


def explained(page: PageContext) -> list[tuple[str, str]]:
    """The figures of the progress table that a reader may want explained: their names, and what they are called."""
    sheet, label = page.words["sheet"], page.words["label"]
    tiles = [(name, sheet(name)) for name in ("under_way", "stuck", "soon", "late", "applicant", "stale")]
    return [*tiles, ("done_of", label("done_of")), ("holder", label("holder")), ("left", sheet("left"))]


def shown_rows(
    page: PageContext,
    projects: Sequence[ProgressProject],
    items: Mapping[UUID, list[ProgressItem]],
    running: Iterable[ListedClock],
) -> list[ShownProject]:
    """The rows of a page; *running* are the clocks of its projects, those that are over first."""
    clocks: dict[UUID, list[Reading]] = {}
    for reading in running:
        clocks.setdefault(reading.project, []).append(reading.reading)
    return [_shown(page, row, items.get(row.project, []), clocks.get(row.project, [])) for row in projects]


def state_of(item: ProgressItem) -> str:
    """How an item stands, in one of the five ways a cell shows."""
    if item.stage == Stage.DECLINED or (item.stage in DECIDED_STAGES and item.outcome in DENIED):
        return REFUSED
    if item.stage in DECIDED_STAGES:
        return DONE
    if item.stage == Stage.SUPPLEMENTING or item.suspended:
        return SPECIAL
    return OPEN if item.stage in (Stage.SUBMITTED, Stage.ACCEPTED) else UNSTARTED


def _shown(page: PageContext, row: ProgressProject, items: list[ProgressItem], clocks: list[Reading]) -> ShownProject:
    names = {item.item: page.called(item.name) or item.item for item in items}
    by_item: dict[str, str] = {}
    for clock in clocks:
        if warned(clock) and by_item.get(clock.item) != "late":
            by_item[clock.item] = warned(clock)
    states = [state_of(item) for item in items]
    sheet = page.words["sheet"]
    cells = [
        Cell(
            state, flag, f"{names[item.item]}: " + ", ".join((cell_word(page, item, state), *map(sheet, flag.split())))
        )
        for item, state in zip(items, states, strict=True)
        for flag in [by_item.get(item.item, "")]
    ]
    counts = [(state, states.count(state)) for state in (OPEN, SPECIAL, REFUSED, UNSTARTED) if state in states]
    first = next((clock for clock in clocks if waits(clock)), None)
    return ShownProject(row, cells, counts, first, names.get(first.item, first.item) if first else "")


def cell_word(page: PageContext, item: ProgressItem, state: str) -> str:
    """What a cell is said to be: how a denied or decided item ended, else the state of its cell."""
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
        "manager": [(value, value) for value in choices.managers],
        "phase": [(phase, page.called(name)) for phase, name in choices.phases],
        "kind": [(value, kind_of(value)) for value in choices.kinds],
        "department": by_words((value, page.office(value)) for value in choices.departments),
        "stage": [(value.value, stage(value.value)) for value in Stage],
        "holder": by_words((value, page.who(value)) for value in choices.holders),
        "warned": [(value, sheet(value)) for value in ("soon", "late")],
        "status": [(value, sheet(value)) for value in ("open", "done")],
    }
