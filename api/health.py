"""GET /healthz and /readyz: whether this process is alive, and whether it should be sent requests."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, cast

from litestar import get
from litestar.di import NamedDependency
from msgspec import Struct, structs

from api.route_access import ACCESS
from api.web.error_handlers import is_outage
from api.web.problems import Problem
from infrastructure.health import database_health
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.binaries import PostgresUnavailableError
from infrastructure.projector.positions import ViewPosition, Views
from infrastructure.projector.view_stall import Stall
from infrastructure.proof.publisher import ProofFolder, PublisherStatus
from infrastructure.settings import Settings
from infrastructure.verifier.results import Coverage, Verification
from infrastructure.webhooks.deliveries import QueueHealth
from projections.histories import HISTORIES
from projections.registry import VIEWS

READY_SECONDS_MAX = 3.0  # a balancer gives up about then
REMEDY = "ask again in a moment; the log says more"
CLOCK_REMEDY = "keep the clocks of this server and of its database right with NTP (chrony, timesyncd)"
RETRY_AFTER = {"Retry-After": "1"}
LAG_ENTRIES_MAX = 100_000  # a few seconds of folding; a view further behind shows the past
STOPPED_REMEDY = (
    "each is tried again within fifteen minutes, and when a server starts; where it stops at the same position again,"
    " `countersign verify` tells whether that entry was changed (restore a backup) or not (install a release that can"
    " fold it)"
)
UNMADE_REMEDY = "wait: what asks for these is answered 503 `behind` until they are there"
LAG_REMEDY = "wait: the projector folds ten thousand entries a second and more; `lag` has to shrink"
DAMAGE_REMEDY = (
    "run `countersign verify`, which names every fault; compare with a checkpoint or an audit bundle that was stored"
    " elsewhere, and restore a backup from before the change"
)
STILL_REMEDY = (
    "see the log of the server that projects; another takes over from one that is frozen within half a minute"
)
STILL_SECONDS_MAX = 60.0  # a projector that was killed leads again in seconds, one that has lost its database too


class Alive(Struct, frozen=True):
    """The process answers."""

    status: str = "alive"


class WitnessHealth(Struct, frozen=True):
    """A witness: how many entries it last cosigned, how many seconds ago, and what it has refused since."""

    name: str
    size: int
    age_seconds: int | None
    trouble: str


class LogHealth(Struct, frozen=True):
    """The transparency log: entries in the last checkpoint, how many seconds ago it was published, and what keeps it
    from going on, such as a ledger that contradicts it.
    """

    size: int
    age_seconds: int | None
    witnesses: list[WitnessHealth]
    trouble: str

    @classmethod
    def of(cls, status: PublisherStatus, now: datetime) -> LogHealth:
        """What the publisher wrote of itself, as of *now*."""
        published = status.published_at
        return cls(
            status.published,
            int((now - published).total_seconds()) if published else None,
            [
                WitnessHealth(
                    witness.name,
                    witness.size,
                    int(now.timestamp()) - witness.cosigned_at if witness.cosigned_at else None,
                    witness.trouble,
                )
                for witness in status.witnesses
            ],
            status.trouble,
        )


class WebhookHealth(Struct, frozen=True):
    """What waits to be sent to subscribers, and for how many seconds the oldest of it has."""

    subscriptions: int
    oldest_seconds: int | None
    pending: int
    parked: int

    @classmethod
    def of(cls, queues: QueueHealth, now: datetime) -> WebhookHealth:
        """All queues together, as of *now*."""
        oldest = int((now - queues.oldest).total_seconds()) if queues.oldest else None
        return cls(queues.subscriptions, oldest, queues.pending, queues.parked)


class VerificationHealth(Struct, frozen=True):
    """What verifying the ledger last showed: up to which position new entries and the whole were verified, how many
    seconds ago, and how many faults there are. *fault* is the first of them.
    """

    position: int
    age_seconds: int
    whole_position: int
    whole_age_seconds: int | None
    faults: int = 0
    fault: str = ""

    @classmethod
    def of(cls, results: dict[Coverage, Verification], now: datetime) -> VerificationHealth | None:
        """The results as of *now*; None where the ledger was never verified."""
        if not results:
            return None
        whole, newest = (
            results.get(Coverage.WHOLE),
            max(results.values(), key=lambda result: result.verified_at),
        )
        faulty = max(results.values(), key=lambda result: result.fault_count)
        first = faulty.faults[0] if faulty.faults else None
        return cls(
            newest.position,
            int((now - newest.verified_at).total_seconds()),
            whole.position if whole else 0,
            int((now - whole.verified_at).total_seconds()) if whole else None,
            faulty.fault_count,
            f"position {first.seq}: {first.what}" if first else "",
        )


class Ready(Struct, frozen=True):
    """The database is there and up to date, and takes facts. Whether the views follow is shown beside it.

    *position* is the ledger's last on disk, *waiting* the commands not yet there, *lag* the entries that the view
    furthest behind has still to take in; *still_since* is when it was first seen to wait where it is. *clock* says
    what is wrong with the clocks; empty where nothing is. *log* is missing where this server keeps none, *webhooks*
    where there are no subscriptions. *status* is
    `behind` where the views do not follow as they should, and `damaged` where *verification* has found that the ledger
    was changed; *trouble* says how, and *remedy* what helps. That is the
    same on every server of a ledger, so taking this one out of service would not help. *histories* are the positions
    of the rows of past instants, which are followed at their own pace; *history_lag* is the lag of the slowest.
    """

    position: int
    waiting: int
    lag: int
    views: list[ViewPosition]
    still_since: datetime | None = None
    trouble: str = ""
    remedy: str = ""
    clock: str = ""
    log: LogHealth | None = None
    webhooks: WebhookHealth | None = None
    status: str = "ready"
    histories: list[ViewPosition] = []
    history_lag: int = 0
    verification: VerificationHealth | None = None


@get(
    "/healthz",
    operation_id="get_health",
    summary="Whether the process is alive",
    tags=["operation"],
    opt={ACCESS: "read:health"},
)
async def healthz() -> Alive:
    """Answers as long as the event loop turns; depends on nothing else."""
    return Alive()


@get(
    "/readyz",
    operation_id="get_readiness",
    summary="Whether to send requests here",
    tags=["operation"],
    opt={ACCESS: "read:health"},
)
async def readyz(
    approvals: NamedDependency[Approvals], views: NamedDependency[Views], settings: NamedDependency[Settings]
) -> Ready:
    """Asks the database, and how far every view has come. 503 where commands can't be taken here, saying why.

    Views that do not follow are no reason for that: then the answer is 200 with the status `behind`.
    """
    try:
        async with asyncio.timeout(READY_SECONDS_MAX):
            ready = await _readiness(approvals, views, reads_only=settings.reader)
    except Exception as error:
        if not is_outage(error):
            raise
        raise _not_ready("the database can't be reached") from error
    status = ProofFolder(settings.proof_folder).status()
    return structs.replace(ready, log=LogHealth.of(status, approvals.clock()) if status else None)


async def _readiness(approvals: Approvals, views: Views, *, reads_only: bool) -> Ready:
    address = cast("str", approvals.store.pool.conninfo)  # the store was opened with a plain one
    try:
        health = await database_health(address)
    except PostgresUnavailableError as refused:  # a newer release has changed the database, or files were edited
        raise _not_ready(str(refused)) from refused
    if health.missing:
        raise _not_ready(f"the database has not seen {', '.join(health.missing)}", missing=health.missing)
    if not reads_only and (trouble := await approvals.committer.health.trouble(doubted=health.read_only)):
        what = f"facts can't be appended since {trouble.since:%Y-%m-%dT%H:%M:%SZ}: {trouble.error}"
        raise _not_ready(what, append_error=trouble.error)
    if refusal := approvals.clocks.refusal:
        raise Problem("not-ready", f"{refusal}; no commands are taken", remedy=CLOCK_REMEDY, headers=RETRY_AFTER)
    if not health.views:
        raise _not_ready("the views are still being made", views=health.views)
    position, positions = health.head, health.views
    lag = max(position - view.position for view in positions)
    still = views.stall.observe(position - lag, position)
    verification = VerificationHealth.of(health.verifications, approvals.clock())
    status, what, remedy = (
        _damage(verification)
        or _trouble(position, [*positions, *health.histories], lag)
        or _standing_still(position, lag, still)
        or ("ready", "", "")
    )
    return Ready(
        position,
        approvals.committer.waiting,
        lag,
        positions,
        still.since if still else None,
        what,
        remedy,
        approvals.clocks.note,
        webhooks=_webhooks(health.webhooks, approvals.clock()),
        status=status,
        histories=health.histories,
        history_lag=history_lag(position, health.histories),
        verification=verification,
    )


def _damage(verification: VerificationHealth | None) -> tuple[str, str, str] | None:
    """What was found to be changed in the ledger, and what helps."""
    if verification is None or not verification.faults:
        return None
    more = f", and {verification.faults - 1} more" if verification.faults > 1 else ""
    return "damaged", f"the ledger is not what it was: {verification.fault}{more}", DAMAGE_REMEDY


def _webhooks(queues: QueueHealth | None, now: datetime) -> WebhookHealth | None:
    return WebhookHealth.of(queues, now) if queues and queues.subscriptions else None


def history_lag(head: int, histories: list[ViewPosition]) -> int:
    """How many entries the slowest of all histories still has to take in; the whole ledger while one is being made."""
    made = {history.view: history.position for history in histories}
    return head - min(made.get(history.name, 0) for history in HISTORIES)


def _trouble(head: int, positions: list[ViewPosition], lag: int) -> tuple[str, str, str] | None:
    """What keeps views from following, and what helps."""
    if stopped := [view for view in positions if view.error]:
        names = ", ".join(view.view for view in stopped)
        return "behind", f"stopped: {names} ({stopped[0].error})", STOPPED_REMEDY
    if unmade := sorted({view.name for view in VIEWS} - {view.view for view in positions}):
        return "behind", f"the views are still being made: {', '.join(unmade)}", UNMADE_REMEDY
    if lag > LAG_ENTRIES_MAX:
        return "behind", f"the views are {lag} entries behind the ledger's {head}", LAG_REMEDY
    return None


def _standing_still(head: int, lag: int, still: Stall | None) -> tuple[str, str, str] | None:
    if still is None or still.seconds <= STILL_SECONDS_MAX:
        return None
    sentence = (
        f"the views have stalled at {head - lag} since {still.since:%Y-%m-%dT%H:%M:%SZ}, although the ledger is"
        f" at {head}: they are being rebuilt, or no server projects"
    )
    return "behind", sentence, STILL_REMEDY


def _not_ready(what: str, **members: Any) -> Problem:
    return Problem("not-ready", what, remedy=REMEDY, headers=RETRY_AFTER, **members)
