"""What the handlers work with: made once when the server starts, and found again from every request."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import State
from msgspec import Struct

from infrastructure.approvals import Approvals
from infrastructure.calendars import Calendars
from infrastructure.durations import Durations
from infrastructure.materials import Materials
from infrastructure.settings import Settings
from infrastructure.views import Views

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
    materials: Materials
    durations: Durations


def parts_of(request: AnyRequest) -> Parts:
    """The parts the application was created with."""
    parts: Parts = request.app.state[KEY]
    return parts
