"""/v1/test/clock, in sandboxes alone: what time it is, and moving it on with everything that falls due on the way."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, runtime_checkable

from litestar import Controller, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from msgspec import Struct, json

from api.moved import VERSION
from api.route_access import ACCESS, ITSELF
from api.web.problems import Problem
from api.web.request_body import decoded
from domain.access.principal import Caller

MOVABLE_CLOCK = "movable_clock"  # the name under which routes are given it
ADVANCE_DAYS_MAX = 400  # at once: a year, with room


class ClockRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Move the clock on to an instant, with its offset from UTC.

    *hold*: it is then stopped until it is moved on without, and nothing falls due in between. *first_only*: it stops
    at the first instant at which an entry is recorded.
    """

    advance_to: datetime
    hold: bool = False
    first_only: bool = False


class SandboxTime(Struct, frozen=True):
    """The sandbox's time. *facts*: entries recorded on the way; *messages*: webhooks sent on the way.

    *held*: the clock is stopped.
    """

    now: datetime
    facts: int = 0
    messages: int = 0
    held: bool = False


@runtime_checkable
class MovableClock(Protocol):
    """The clock of a sandbox."""

    def __call__(self) -> datetime:
        """The sandbox's time."""

    @property
    def is_held(self) -> bool:
        """Whether it is stopped."""

    async def advance_to(self, instant: datetime, *, hold: bool, first_only: bool) -> SandboxTime:
        """Move on, and let fall due what does, in order, before this returns."""


_request = json.Decoder(ClockRequest).decode


class SandboxRoutes(Controller):
    """Anyone who may use the sandbox may move its clock."""

    path = "/test/clock"
    opt = {ACCESS: ITSELF}  # noqa: RUF012  litestar's own spelling
    tags = ("operation",)

    @get("/", operation_id="get_test_clock", summary="What time it is in the sandbox", sync_to_thread=False)
    def get_test_clock(
        self, caller: NamedDependency[Caller], movable_clock: NamedDependency[MovableClock]
    ) -> SandboxTime:
        """It runs as clocks do, ahead of the world's by what it was moved on, unless it is held."""
        del caller  # anyone who is signed in
        return SandboxTime(movable_clock(), held=movable_clock.is_held)

    @post("/", operation_id="advance_test_clock", summary="Move the sandbox's clock on", status_code=200)
    async def advance_test_clock(
        self,
        caller: NamedDependency[Caller],
        movable_clock: NamedDependency[MovableClock],
        json_body: NamedDependency[bytes],
    ) -> SandboxTime:
        """Warnings, cards, deemed outcomes and webhooks come in the order of their instants, before this answers."""
        del caller  # anyone who is signed in
        wanted = decoded(_request, json_body)
        instant = wanted.advance_to
        if instant.tzinfo is None:
            raise _refused("it has no offset from UTC", "write it as in 2026-12-01T09:00:00+08:00")
        now = movable_clock()
        if instant < now:
            raise _refused(f"it lies before the sandbox's time, {now.isoformat()}", "write a later instant")
        if (instant - now).days > ADVANCE_DAYS_MAX:
            raise _refused(f"it is more than {ADVANCE_DAYS_MAX} days ahead", "go there in several steps")
        return await movable_clock.advance_to(instant, hold=wanted.hold, first_only=wanted.first_only)


def _refused(sentence: str, remedy: str) -> Problem:
    return Problem("invalid-field", f"advance_to: {sentence}", remedy=remedy, path="$.advance_to")


def movable_clock(state: State) -> MovableClock:
    """The clock of the sandbox that answers, of which all share their routes."""
    clock: MovableClock = state[MOVABLE_CLOCK]
    return clock


TEST_CLOCK = Router(
    path=VERSION,
    route_handlers=[SandboxRoutes],
    dependencies={MOVABLE_CLOCK: Provide(movable_clock, sync_to_thread=False)},
)
