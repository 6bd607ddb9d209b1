"""A zone simulated at a sandbox over HTTP: the same facts at the same instants as in process, and clear refusals."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx2

from domain.law.calendar.moment import local_day
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.clock_check import utc_now
from infrastructure.privacy.cipher import decrypted_facts
from infrastructure.settings import Settings
from scripts.demo.people import offer_sandbox_people
from scripts.remote.ground import RemotePlan
from scripts.remote.play import simulate_at
from scripts.server.sandbox import PeopleOffered, SandboxClock, sandbox
from scripts.simulation.office_time import ZONE
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.conftest import database_in
from tests.infrastructure.projector.running import projecting

CASE_NUMBER = re.compile(rb'"[A-Z]{3}\d{4}-\d+-\d"')  # from a counter of the installation
ADDRESS = "http://127.0.0.1:8001"


@asynccontextmanager
async def served(url: str, folder: Path, people: PeopleOffered) -> AsyncIterator[httpx2.ASGITransport]:
    """A sandbox on the database at *url*, to be reached by the transport."""
    with projecting(url):
        async with sandbox(url, Settings(data=folder / "data"), SandboxClock(folder / "clock.json"), people) as app:
            yield httpx2.ASGITransport(app=cast("Any", app))


async def facts_in(url: str) -> dict[UUID, list[tuple[str, str, bytes]]]:
    """Every entry of projects and enterprises, by stream: both its times, and its facts without case numbers."""
    async with Approvals(url) as approvals:
        rows = await approvals.store.of_types(PLAYED, 0)
        streams: dict[UUID, list[tuple[str, str, bytes]]] = {}
        for stream in {row.stream for row in rows}:
            streams[stream] = [
                (
                    row.occurred_at.isoformat(),
                    row.recorded_at.isoformat(),
                    CASE_NUMBER.sub(b'"number"', decrypted_facts(stream, row.data)),
                )
                for row in await approvals.store.stream(stream)
            ]
        return streams


PLAYED = ("project_registered", "legal_person_registered")


async def test_the_facts_are_those_of_the_same_zone_in_process(
    server_url: str, migrated_template: str, tmp_path: Path
) -> None:
    begin = local_day(utc_now(), ZONE) + timedelta(days=3)
    until = begin + timedelta(days=45)
    with database_in(server_url, migrated_template) as near, database_in(server_url, migrated_template) as far:
        expected = await simulate(near, SimulationPlan(2, 7, until, begin, processes=1))
        async with served(far, tmp_path, offer_sandbox_people) as transport:
            done = await simulate_at(ADDRESS, RemotePlan(2, 7, begin, until), transport=transport)

        there, here = await facts_in(far), await facts_in(near)

    assert there == here
    assert len(there) == 3  # two projects of one enterprise
    assert done.denied_by_command == expected.denied_by_command == {}
    assert done.refused_by_code == expected.refused_by_code
    assert done.sign_ins > 10
