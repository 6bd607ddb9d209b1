"""What the page of an item shows: its steps, the clock that binds, its chart and lanes, and what waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from api.clocks.display import by_end, waits
from api.item_page.chart import CountedClock, ItemChart, item_chart
from api.item_page.lanes import Lane, LaneChart, lane_chart, lanes_of
from api.item_page.steps import ItemStep, steps_of
from api.project_page.items import items_of
from api.web.zones import zone_of
from domain.as_of import settled
from domain.law.attribution import HeldDay
from domain.law.calendar.moment import local_day
from domain.law.licensing.explain import Explanation
from domain.law.procedure.history import ItemHistory
from domain.messages import Entry
from domain.project.application.submission import ItemSubmitted
from domain.project.state.project import Item, Project
from infrastructure.law.lawbook import LawBook
from projections.clocks.explanation import explanation
from projections.clocks.law_events import item_histories
from projections.clocks.procedures import procedure_of
from projections.clocks.reading import CONSULTED, Reading
from projections.clocks.reading import read as reading_of_item
from projections.progress.rows import ProgressItem


class ItemView(Struct, frozen=True):
    """One item at an instant. *clocks* are those of its current application, of which *binding* ends first.

    *consulted* are those of the departments consulted, by their names, earlier rounds included. *blocks* are the
    codes of the items that wait for this one, *flags* what was not as the law asks.
    """

    row: ProgressItem
    item: Item
    steps: list[ItemStep]
    binding: Reading | None
    clocks: list[Reading]
    consulted: dict[str, Reading]
    chart: ItemChart | None
    lanes: list[Lane]
    lane_chart: LaneChart | None
    blocks: list[str]
    flags: tuple[str, ...]


class ItemSources(Struct, frozen=True):
    """What an item's page is made of: the *project* as folded from *entries* at an instant, and its items' *rows*."""

    project: Project
    entries: Sequence[Entry]
    rows: Sequence[ProgressItem]
    laws: LawBook
    at: datetime


def item_view(sources: ItemSources, code: str) -> ItemView:
    """The item *code*, which the project has."""
    row = next(row for row in sources.rows if row.item == code)
    item, zone = sources.project.items[code], zone_of(sources.project.law)
    today = local_day(sources.at, zone.key)
    counted, held, flags = _counted(sources, code, item.application)
    clocks = [clock.reading for clock in counted]
    own = [clock for clock in counted if not clock.reading.clock.startswith(CONSULTED)]
    lanes = lanes_of(item, _about(sources, code), {clock.clock: clock for clock in clocks})
    return ItemView(
        row=row,
        item=item,
        steps=steps_of(row),
        binding=_binding(clocks),
        clocks=[clock.reading for clock in own],
        consulted={clock.clock: clock for clock in clocks if clock.clock.startswith(CONSULTED)},
        chart=item_chart(own, held, today),
        lanes=lanes,
        lane_chart=lane_chart(lanes, zone, today),
        flags=flags,
        blocks=[other.item for other in sources.rows if any(code in unmet.split(" or ") for unmet in other.unmet)],
    )


def _binding(clocks: Sequence[Reading]) -> Reading | None:
    """The clock that ends first of those that wait for an act."""
    running = [clock for clock in clocks if not clock.closed and waits(clock)]
    return min(running, key=by_end, default=None)


def _about(sources: ItemSources, code: str) -> list[Entry]:
    """The entries about the current application for *code*, with corrections applied, in their order."""
    about = [entry for entry in settled(sources.entries, sources.at, sources.at) if code in items_of(entry.fact)]
    begun = [nth for nth, entry in enumerate(about) if isinstance(entry.fact, ItemSubmitted)]
    return about[begun[-1] :] if begun else about


def _counted(
    sources: ItemSources, code: str, application: int
) -> tuple[list[CountedClock], Sequence[HeldDay], tuple[str, ...]]:
    """The clocks of one application, each with its days, whose each of its days was, and its flags."""
    history = item_histories(sources.entries, sources.at).get((code, application))
    read = history and reading_of_item(history, sources.laws, sources.at, sources.at)
    if history is None or not read:
        return [], (), ()
    procedure = procedure_of(history, sources.laws)
    held = procedure.attribute(history, sources.at, sources.at) if procedure else ()
    clocks = [CountedClock(clock, _days(sources, history, clock.clock)) for clock in read.clocks]
    return sorted(clocks, key=lambda clock: clock.reading.start_on), held, read.flags


def _days(sources: ItemSources, history: ItemHistory, clock: str) -> Explanation | None:
    """The days of *clock*; None where they are not counted one by one."""
    try:
        return explanation(history, sources.laws, clock, sources.at, sources.at)
    except (KeyError, ValueError):
        return None
