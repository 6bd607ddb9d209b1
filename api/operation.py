"""GET /healthz and /readyz: whether this process is alive, and whether it should be sent requests."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, cast

from litestar import get
from msgspec import Struct

from api.failures import is_outage
from api.parts import AnyRequest, parts_of
from api.problems import Problem
from infrastructure.postgres_programs import PostgresUnavailable
from infrastructure.readiness import seen
from infrastructure.views import ViewPosition
from projections.catalogue import VIEWS

READY_SECONDS_MAX = 3.0  # a balancer gives up about then
REMEDY = "ask again in a moment; the log says more"
CLOCK_REMEDY = "keep the clocks of this server and of its database right with NTP (chrony, timesyncd)"
RETRY_AFTER = {"Retry-After": "1"}
LAG_ENTRIES_MAX = 100_000  # a few seconds of folding; a view further behind shows the past
STILL_SECONDS_MAX = 60.0  # a projector that was killed leads again in seconds, one that has lost its database too


class Alive(Struct, frozen=True):
    """The process answers."""

    status: str = "alive"


class Ready(Struct, frozen=True):
    """The database is there and up to date, takes facts, and every view follows.

    *position* is the ledger's last on disk, *waiting* the commands not yet there, *lag* the entries that the view
    furthest behind has still to take in; *still_since* is when it was first seen to wait where it is. *clock* says
    what is wrong with the clocks; empty where nothing is.
    """

    position: int
    waiting: int
    lag: int
    views: list[ViewPosition]
    still_since: datetime | None = None
    clock: str = ""
    status: str = "ready"


@get("/healthz", operation_id="get_health", summary="Whether the process is alive", tags=["operation"])
async def healthz() -> Alive:
    """Answers as long as the event loop turns; asks nobody else."""
    return Alive()


@get("/readyz", operation_id="get_readiness", summary="Whether to send requests here", tags=["operation"])
async def readyz(request: AnyRequest) -> Ready:
    """Asks the database, and how far every view has come. 503 where something is missing, saying what."""
    try:
        async with asyncio.timeout(READY_SECONDS_MAX):
            return await _readiness(request)
    except Exception as error:
        if not is_outage(error):
            raise
        raise _not_ready("the database can't be reached") from error


async def _readiness(request: AnyRequest) -> Ready:
    approvals, views = parts_of(request).approvals, parts_of(request).views
    address = cast("str", approvals.store.pool.conninfo)  # the store was opened with a plain one
    try:
        found = await seen(address)
    except PostgresUnavailable as refused:  # a newer release has changed the database, or files were edited
        raise _not_ready(str(refused)) from refused
    if found.missing:
        raise _not_ready(f"the database has not seen {', '.join(found.missing)}", missing=found.missing)
    if trouble := await approvals.committer.health.trouble(doubted=found.read_only):
        what = f"facts can't be appended since {trouble.since:%Y-%m-%dT%H:%M:%SZ}: {trouble.error}"
        raise _not_ready(what, append_error=trouble.error)
    if refusal := approvals.clocks.refusal:
        raise Problem("not-ready", f"{refusal}; no commands are taken", remedy=CLOCK_REMEDY, headers=RETRY_AFTER)
    position, positions = found.head, found.views
    lag = _lag(position, positions)
    still = views.standstill.look(position - lag, position)
    if still and still.seconds > STILL_SECONDS_MAX:
        sentence = (
            f"the views stand still at position {position - lag} since {still.since:%Y-%m-%dT%H:%M:%SZ}, although the"
            f" ledger is at {position}: their projector hangs, or they are being rebuilt"
        )
        raise _not_ready(sentence, views=positions, lag=lag, still_since=still.since)
    since = still.since if still else None
    return Ready(position, approvals.committer.waiting, lag, positions, since, approvals.clocks.note)


def _lag(head: int, positions: list[ViewPosition]) -> int:
    """How many entries the view furthest behind has still to take in; a problem where one is missing or stopped."""
    if stopped := [view.view for view in positions if view.error]:
        raise _not_ready(f"stopped, see the log: {', '.join(stopped)}", views=positions)
    if unmade := sorted({view.name for view in VIEWS} - {view.view for view in positions}):
        raise _not_ready(f"the views are still being made: {', '.join(unmade)}", views=positions)
    lag = max(head - view.position for view in positions)
    if lag > LAG_ENTRIES_MAX:
        raise _not_ready(f"the views are {lag} entries behind", views=positions, lag=lag)
    return lag


def _not_ready(what: str, **members: Any) -> Problem:
    return Problem("not-ready", what, remedy=REMEDY, headers=RETRY_AFTER, **members)
