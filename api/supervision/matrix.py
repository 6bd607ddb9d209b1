"""The table of modes and key nodes of the board, and the clocks that end after the published calendar."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from msgspec import Struct

from domain.law.calendar.moment import local_day
from infrastructure.law.lawbook import LawBook, law_book
from infrastructure.ledger.approvals import DEFAULT_LAW
from projections.clocks.counts import ClockCount
from projections.clocks.list import ClockFilter
from projections.clocks.nodes import NODES, modes_with
from projections.clocks.query import ClocksAt
from projections.history.moment import TooMuchToReadError

BEYOND_MAX = 500  # where there are more, the page says so
NOTICES_FROM = (10, 20)  # month and day: past notices came between 25 October and 8 December (rule book C3)


class Beyond(Struct, frozen=True):
    """How many clocks end after *horizon*, the last day of the published calendar; *notice_is_due*: the next one."""

    number: str
    horizon: date
    notice_is_due: bool


async def matrix(clocks: ClocksAt, laws: LawBook) -> dict[str, object]:
    """The table of modes and key nodes, over all departments, and what lies beyond the calendar.

    It has no cells where too much has changed since.
    """
    cells = list[ClockCount]()
    with suppress(TooMuchToReadError):
        cells = await clocks.counts()
    modes = modes_with((cell.mode for cell in cells), law_book().packs)
    return {"modes": modes, "nodes": NODES, "cells": cells, "beyond": await beyond(clocks, laws)}


async def beyond(clocks: ClocksAt, laws: LawBook) -> Beyond | None:
    """The running clocks that are due after the published calendar; None where there are none, or too much changed."""
    pack = laws.versions(DEFAULT_LAW)[-1]
    today = local_day(clocks.t, pack.zone)
    horizon = laws.calendar(pack, today).known_until
    beyond_it = 0
    if horizon is not None:
        with suppress(TooMuchToReadError):
            beyond_it = await clocks.number(ClockFilter(due_after=horizon, limit=BEYOND_MAX + 1))
    if horizon is None or not beyond_it:
        return None
    number = f"{beyond_it:,}" if beyond_it <= BEYOND_MAX else f"{BEYOND_MAX:,}+"
    return Beyond(number, horizon, notice_is_due=today >= date(horizon.year, *NOTICES_FROM))
