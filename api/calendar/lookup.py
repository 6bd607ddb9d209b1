"""Looks up the calendar of a request and the notices that wait, and refuses notices that the package ships."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.law.routes import book_called
from api.web.request_body import field_problem
from domain.calendar.messages import CalendarCommand
from domain.calendar.notice import ImportNotice
from domain.calendar.state import OPEN_STAGES, Calendar, ImportedNotice, stream_of
from infrastructure.calendar.calendars import Calendars
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals

CalendarName = Annotated[
    str, QueryParameter(max_length=100, description="A calendar; empty: that of the installation's law.")
]


async def calendar(
    approvals: NamedDependency[Approvals], laws: NamedDependency[LawBook], name: FromPath[str]
) -> Calendar:
    """The calendar in the path with the notices imported for it. Raises Problem not-found."""
    book_called(name, laws)
    state = await approvals.state(stream_of(name))
    return state if isinstance(state, Calendar) else Calendar(state.id)


def not_shipped(calendars: Calendars, name: str) -> Callable[[CalendarCommand], None]:
    """The check that a command to the calendar *name* imports no notice that it ships with. Raises Problem."""

    def check(command: CalendarCommand) -> None:
        if isinstance(command, ImportNotice) and calendars.is_shipped(name, command.notice):
            raise field_problem("$.notice", f"the notice {command.notice} is shipped with the package", "another id")

    return check


def known_calendar(laws: LawBook, name: str) -> str:
    """The calendar called *name*, else that of the installation's own law."""
    return name if name in laws.calendars() else laws.versions(DEFAULT_LAW)[-1].calendar


async def open_notices(approvals: Approvals, name: str) -> list[ImportedNotice]:
    """The notices imported for the calendar *name* that are neither applied nor withdrawn."""
    state = await approvals.state(stream_of(name))
    if not isinstance(state, Calendar):
        return []
    return [imported for imported in state.notices.values() if imported.stage in OPEN_STAGES]
