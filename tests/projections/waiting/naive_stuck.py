"""受阻 counted a second time, naively and from the facts alone, and compared with every place that shows the figure."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from datetime import date
from uuid import UUID

import httpx
import psycopg
from msgspec import Struct

from api.app import PAGES
from domain.core.ledger import Fact
from domain.messages import Entry, corrections, tag_of
from domain.project.application.completion import ItemCompleted
from domain.project.external.results import DiscrepancySettled, ExternalResultRecorded
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.api.served import served

UNTIL = date(2026, 11, 28)
READER_HEADERS = {"X-Actor": "auditor", "X-Role": "auditor"}
BECOMES = {
    "item_planned": "new",
    "item_submitted": "open",
    "item_declined": "declined",
    "item_withdrawn": "withdrawn",
    "decision_revoked": "revoked",
    "renewal_deemed": "granted",
}


def is_stuck_naively(entries: Iterable[Entry]) -> bool:
    """Whether an open project has an item that was refused or declined and not applied for again, by its last fact."""
    entries = list(entries)
    retracted = corrections(entries).retracted
    outcomes: dict[str, str] = {}
    for entry in entries:
        if entry.version not in retracted:
            _take(outcomes, entry.fact)
    is_open = any(word not in ("granted", "terminated") for word in outcomes.values())
    return is_open and any(word in ("refused", "declined") for word in outcomes.values())


def _take(outcomes: dict[str, str], fact: Fact) -> None:
    tag, item = tag_of(fact), getattr(fact, "item", "")
    if tag == "project_registered":
        outcomes |= {planned.item: "new" for planned in getattr(fact, "items", ())}
    elif tag == "item_dropped":
        outcomes.pop(item, None)
    elif tag == "item_replanned":
        outcomes.setdefault(item, "new")
    elif isinstance(fact, ItemCompleted | ExternalResultRecorded):
        outcomes[item] = fact.outcome.value
    elif isinstance(fact, DiscrepancySettled):
        outcomes[item] = fact.result.outcome.value
    elif tag in BECOMES:
        outcomes[item] = BECOMES[tag]


async def stuck_in(url: str) -> set[UUID]:
    """The zone's own projects that are stuck, by their entries alone."""
    with psycopg.connect(url) as connection:
        projects = [row[0] for row in connection.execute("SELECT project FROM views.project WHERE register = ''")]
    async with Approvals(url) as approvals:
        histories = {project: await approvals.history(project, 0, 10_000) for project in projects}
    return {project for project, entries in histories.items() if is_stuck_naively(entries)}


class Counts(Struct, frozen=True):
    """The figure and its list, as page and interface show them; *waiting*: projects with an application waited for."""

    tile: int
    page: set[UUID]
    summary: int
    listed: set[UUID]
    waiting: set[UUID]


async def counts_of(site: str) -> Counts:
    """Ask the server at *site*."""
    async with httpx.AsyncClient(base_url=site, headers=READER_HEADERS, timeout=60) as client:
        page = (await client.get("/", params={"lang": "zh", "stuck": "true", "limit": 500})).text
        summary = (await client.get("/v1/progress/summary")).json()
        listed = (await client.get("/v1/progress", params={"stuck": "true", "limit": 500})).json()["projects"]
        waits = (await client.get("/v1/waiting", params={"stuck": "true", "limit": 500, "kind": "application"})).json()
    tile = re.findall(r'<a class="stuck[^"]*"[^>]*>受阻 <b class="number">([\d,]+)</b>', page)
    rows = re.findall(r'<th scope="row"><a href="/pages/projects/([0-9a-f-]{36})', page)
    return Counts(
        tile=int(tile[0].replace(",", "")),
        page=set(map(UUID, rows)),
        summary=int(summary["stuck"]),
        listed={UUID(row["project"]) for row in listed},
        waiting={UUID(row["project"]) for row in waits["waiting"]},
    )


def project_all(url: str) -> None:
    """Take the views to the end of the ledger."""
    with psycopg.connect(url, autocommit=True) as connection:
        projector = Projector(url)
        assert projector.take_lead(connection)
        while projector.step(connection):
            pass


def prove_stuck(url: str, projects: int, seed: int) -> int:
    """Simulate a zone of so many *projects* in the empty database at *url*, and compare; how many are stuck in it.

    Two thousand of seed 7 take some minutes.
    """
    asyncio.run(simulate(url, SimulationPlan(projects, seed, UNTIL)))
    project_all(url)
    wanted = asyncio.run(stuck_in(url))
    with served(url, PAGES) as site:
        counts = asyncio.run(counts_of(site))
    assert counts.tile == counts.summary == len(wanted)
    assert counts.page == counts.listed == wanted, "the page and the interface list the projects that are counted"
    assert counts.waiting >= wanted, "what was turned down waits for an application"
    return len(wanted)
