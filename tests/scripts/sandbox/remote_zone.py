"""A zone simulated both ways, into a ledger and at a sandbox on another one, and what either of them holds of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast
from uuid import UUID

import httpx2

from domain.law.calendar.moment import local_day
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.clock_check import utc_now
from infrastructure.privacy.cipher import decrypted_facts
from infrastructure.settings import Settings
from scripts.demo.people import offer_sandbox_people
from scripts.remote.ground import RemotePlan
from scripts.remote.play import RemotelySimulated, simulate_at
from scripts.server.sandbox import PeopleOffered, SandboxClock, sandbox
from scripts.simulation.office_time import ZONE
from scripts.simulation.simulate import Simulated, SimulationPlan, simulate
from tests.infrastructure.projector.running import projecting

CASE_NUMBER = re.compile(rb'"[A-Z]{3}\d{4}-\d+-\d"')  # from a counter of the installation
SIMULATED = ("project_registered", "legal_person_registered")  # the first facts of what a simulation writes to
ADDRESS = "http://127.0.0.1:8001"

SimulatedFacts = Mapping[UUID, Sequence[tuple[str, str, bytes]]]  # when, when recorded, and what, by stream


class SimulatedBothWays(NamedTuple):
    """The same zone in process and over HTTP: the figures and the facts of each."""

    in_process: Simulated
    over_http: RemotelySimulated
    facts_in_process: SimulatedFacts
    facts_over_http: SimulatedFacts


@asynccontextmanager
async def served(url: str, folder: Path, people: PeopleOffered) -> AsyncIterator[httpx2.ASGITransport]:
    """A sandbox on the database at *url*, to be reached by the transport."""
    with projecting(url):
        async with sandbox(url, Settings(data=folder / "data"), SandboxClock(folder / "clock.json"), people) as app:
            yield httpx2.ASGITransport(app=cast("Any", app))


async def nothing_more(_: httpx2.ASGITransport) -> None:
    """All that is left to do with the sandbox."""


async def simulated_both_ways(
    urls: tuple[str, str],
    folder: Path,
    plan: RemotePlan,
    days: int,
    then: Callable[[httpx2.ASGITransport], Awaitable[None]] = nothing_more,
) -> SimulatedBothWays:
    """The projects and the seed of *plan* over so many *days*, in the first ledger and at a sandbox on the second.

    *then* is done with the sandbox afterwards.
    """
    near, far = urls
    begin = local_day(utc_now(), ZONE) + timedelta(days=3)
    until = begin + timedelta(days=days)
    in_process = await simulate(near, SimulationPlan(plan.projects, plan.seed, until, begin, processes=1))
    async with served(far, folder, offer_sandbox_people) as transport:
        plan = RemotePlan(plan.projects, plan.seed, begin, until)
        over_http = await simulate_at(ADDRESS, plan, transport=transport)
        await then(transport)
    return SimulatedBothWays(in_process, over_http, await facts_in(near), await facts_in(far))


async def facts_in(url: str) -> SimulatedFacts:
    """Every entry of projects and enterprises: both its times, and its facts without case numbers."""
    async with Approvals(url) as approvals:
        first = await approvals.store.of_types(SIMULATED, 0)
        return {
            stream: [
                (
                    row.occurred_at.isoformat(),
                    row.recorded_at.isoformat(),
                    CASE_NUMBER.sub(b'"number"', decrypted_facts(stream, row.data)),
                )
                for row in await approvals.store.stream(stream)
            ]
            for stream in {row.stream for row in first}
        }
