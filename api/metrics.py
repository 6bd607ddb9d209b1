"""GET /metrics: figures for Prometheus. They name no case and no person."""

from __future__ import annotations

from datetime import datetime

from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from api.route_access import ACCESS
from api.web.error_handlers import is_outage
from domain.law.calendar.moment import local_day
from infrastructure.feed.reader import Feed
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from infrastructure.metrics.exposition import MetricsCollector, ProcessFigures, exposition
from infrastructure.metrics.measure import DatabaseFigures, measure
from infrastructure.proof.publisher import ProofFolder
from infrastructure.settings import Settings


@get("/metrics", opt={ACCESS: "read:health"}, include_in_schema=False, media_type=MediaType.TEXT)
async def metrics(
    approvals: NamedDependency[Approvals],
    feed: NamedDependency[Feed],
    page_feed: NamedDependency[Feed],
    settings: NamedDependency[Settings],
) -> Response[bytes]:
    """What this process counted since it began, and what the database says now; 200 also without a database."""
    now, committer = approvals.clock(), approvals.committer
    followers = feed.horizon.followers + page_feed.horizon.followers
    process = ProcessFigures(approvals.counts, committer.counts, committer.waiting, followers)
    log = ProofFolder(settings.proof_folder).status()
    figures = await _database(approvals, now)
    text = exposition(MetricsCollector(now, process, figures, log))
    return Response(text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4, "Cache-Control": "no-store"})


async def _database(approvals: Approvals, now: datetime) -> DatabaseFigures | None:
    """What the database says; None where it is away, which is a figure too."""
    laws: LawBook = approvals.laws
    pack = laws.versions(DEFAULT_LAW)[-1]
    horizon = laws.calendar(pack, local_day(now, pack.zone)).known_until
    try:
        return await measure(approvals.store, now, horizon)
    except Exception as error:
        if not is_outage(error):
            raise
        return None
