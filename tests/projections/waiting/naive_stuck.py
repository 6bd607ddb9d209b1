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
from domain.core.plan import PlannedItem
from domain.messages import Entry, corrections, tag_of
from domain.project.application.completion import ItemCompleted
from domain.project.external.results import DiscrepancySettled, ExternalResultRecorded
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.api.served import served

UNTIL = date(2026, 11, 28)
READER_HEADERS = {"X-Actor": "auditor", "X-Role": "auditor"}
FORCE_MAJEURE = "force_majeure"  # a suspension that no one can end
BECOMES = {
    "item_submitted": "open",
    "item_declined": "declined",
    "item_withdrawn": "withdrawn",
    "decision_revoked": "revoked",
    "renewal_deemed": "granted",
}


def is_stuck_naively(entries: Iterable[Entry]) -> bool:
    """Whether an open project is held up, by the definition in docs/reference/figures.md and each item's last fact.

    Either an item was refused or declined and not applied for again, or no open item can move.
    """
    entries = list(entries)
    retracted = corrections(entries).retracted
    items = NaiveItems()
    for entry in entries:
        if entry.version not in retracted:
            items.take(entry.fact)
    is_open = any(word not in ("granted", "terminated") for word in items.outcomes.values())
    turned_down = any(word in ("refused", "declined") for word in items.outcomes.values())
    return is_open and (turned_down or not any(map(items.can_move, items.outcomes)))


class NaiveItems:
    """The items of a project: how each stands by its last fact, and what it needs."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.plans: dict[str, PlannedItem] = {}
        self.halts: dict[str, dict[str, str]] = {}  # grounds of open suspensions, by item
        self.delivered: set[str] = set()

    def can_move(self, item: str) -> bool:
        """Whether there is something that someone could do for *item* now."""
        match self.outcomes[item]:
            case "granted":
                return item not in self.delivered
            case "open":
                grounds = set(self.halts.get(item, {}).values())
                return not grounds or grounds != {FORCE_MAJEURE}
            case "terminated":
                return self.is_needed(item) and self._may_be_applied_for(item)
            case _:
                return self._may_be_applied_for(item)

    def _may_be_applied_for(self, item: str) -> bool:
        plan = self.plans[item]
        groups = [*((name,) for name in plan.requires), *plan.requires_any]
        return all(any(self.outcomes.get(name) == "granted" for name in group) for group in groups)

    def is_needed(self, item: str) -> bool:
        """Whether an item that is not granted names *item* among what it needs."""
        waiting = [plan for name, plan in self.plans.items() if self.outcomes[name] != "granted"]
        return any(item in plan.requires or any(item in group for group in plan.requires_any) for plan in waiting)

    def take(self, fact: Fact) -> None:
        """Take in the next fact."""
        tag, item = tag_of(fact), getattr(fact, "item", "")
        if tag == "project_registered":
            planned = getattr(fact, "items", ())
            self.plans |= {plan.item: plan for plan in planned}
            self.outcomes |= {plan.item: "new" for plan in planned}
        elif tag == "item_dropped":
            self.outcomes.pop(item, None)
            self.plans.pop(item, None)
        elif tag in ("item_planned", "item_replanned"):
            self.plans[item] = getattr(fact, "plan")  # noqa: B009  # facts of two types have it
            self.outcomes.setdefault(item, "new")
        elif tag == "clock_suspended":
            self.halts.setdefault(item, {})[getattr(fact, "suspension", "")] = getattr(fact, "ground", "")
        elif tag == "clock_resumed":
            self.halts.get(item, {}).pop(getattr(fact, "suspension", ""), None)
        elif tag == "decision_delivered":
            self.delivered.add(item)
        elif word := outcome_of(fact):
            self.outcomes[item] = word
            self.halts.pop(item, None)
            self.delivered.discard(item)


def outcome_of(fact: Fact) -> str:
    """How an item stands after *fact*; empty where it is not about that."""
    if isinstance(fact, ItemCompleted | ExternalResultRecorded):
        return fact.outcome.value
    if isinstance(fact, DiscrepancySettled):
        return fact.result.outcome.value
    return BECOMES.get(tag_of(fact), "")


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
