"""What the handlers work with: made once when the server starts, and found again from every request."""

from __future__ import annotations

from datetime import UTC
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request
from litestar.datastructures import State
from msgspec import Struct

from domain.core.ledger import Refused
from infrastructure.calendar.calendars import Calendars
from infrastructure.law.lawbook import LawBook, law_book
from infrastructure.ledger.approvals import Approvals
from infrastructure.materials.store import MaterialStore
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from projections.flow.durations_query import Durations

KEY = "parts"  # where the application's state keeps them

CHECKS = "checks"  # and what every request has to keep to

LOST = "lost"  # and what answers where nothing is at an address

AnyRequest = Request[Any, Any, State]


class Parts(Struct, frozen=True):
    """The write side, the read side, what the installation chose, the calendars it counts by, the files it keeps.

    *durations*: how long applications took so far.
    """

    approvals: Approvals
    views: Views
    settings: Settings
    calendars: Calendars
    materials: MaterialStore
    durations: Durations


def parts_of(request: AnyRequest) -> Parts:
    """The parts the application was created with."""
    parts: Parts = request.app.state[KEY]
    return parts


async def laws_of(request: AnyRequest) -> LawBook:
    """The law book, with the calendar notices applied by now."""
    return await parts_of(request).calendars.laws()


@cache
def zone_of(law: str) -> ZoneInfo:
    """The zone in which the days of *law* begin; UTC for a law that is not in the book."""
    try:
        return ZoneInfo(law_book().versions(law.partition("@")[0])[-1].zone)
    except Refused:
        return ZoneInfo(str(UTC))
