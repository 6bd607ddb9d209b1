"""Readiness where something is missing: it says what, and never takes long."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from msgspec import structs

from infrastructure.health import DatabaseHealth, database_health
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.hash_chain import Fault
from infrastructure.projector.positions import ViewPosition
from infrastructure.verifier.results import Coverage, Verification
from projections.registry import VIEWS
from tests.api.client import REGISTER, Door, problem
from tests.conftest import database_in
from tests.faults.ledgers import DISK_FULL

CONNECTIONS_MAX = 10  # as many connections as the pool keeps can be dead


def stand_at(position: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set every view's position."""
    database_says(monkeypatch, views=[ViewPosition(view.name, position, None) for view in VIEWS])


def database_says(monkeypatch: pytest.MonkeyPatch, **members: Any) -> None:
    """Have the database report that."""

    async def otherwise(url: str) -> DatabaseHealth:
        return structs.replace(await database_health(url), **members)

    monkeypatch.setattr("api.health.database_health", otherwise)


async def trouble(door: Door) -> dict[str, Any]:
    """What readiness says of views that do not follow: this server takes commands all the same."""
    answer = await door.get("/readyz", None)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    assert (body["status"], bool(body["remedy"])) == ("behind", True)
    return body


@pytest.fixture(scope="module")
def shared_database_url(server_url: str, migrated_template: str) -> Iterator[str]:
    """A database in which no view was made yet."""
    with database_in(server_url, migrated_template) as url:
        yield url


async def test_without_any_view_it_is_not_ready(door: Door) -> None:
    assert "still being made" in problem(await door.get("/readyz", None), "not-ready")["detail"]
    problem(await door.get("/v1/progress"), "behind")


async def test_a_stopped_view_is_reported_with_its_remedy(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    positions = [ViewPosition("progress", 7, "position 8: KeyError"), ViewPosition("voices", 9, None)]
    database_says(monkeypatch, views=positions)
    health = await trouble(door)
    assert health["trouble"] == "stopped: progress (position 8: KeyError)"
    assert "countersign verify" in health["remedy"]
    assert health["views"][0]["position"] == 7


async def test_a_new_view_is_reported_while_it_is_built(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    database_says(monkeypatch, views=[ViewPosition(view.name, 0, None) for view in VIEWS if view.name != "waiting"])
    assert (await trouble(door))["trouble"] == "the views are still being made: waiting"


async def test_a_view_far_behind_is_reported(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_at(-1_000_000, monkeypatch)
    assert (await trouble(door))["lag"] >= 1_000_000


async def test_a_ledger_that_was_changed_is_reported(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_at(0, monkeypatch)
    assert (await door.get("/readyz", None)).json()["verification"] is None, "it is not verified yet"
    fault = Fault(3, "version 2 of stream 1 does not match its hash")
    whole = Verification(Coverage.WHOLE, 9, 9, datetime.now(UTC) - timedelta(hours=1), 2, [fault])
    views = [ViewPosition(view.name, 0, None) for view in VIEWS]
    database_says(monkeypatch, views=views, verifications={Coverage.WHOLE: whole})
    answer = await door.get("/readyz", None)
    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, "damaged")
    assert body["trouble"].endswith("position 3: version 2 of stream 1 does not match its hash, and 1 more")
    assert "countersign verify" in body["remedy"]
    assert (body["verification"]["whole_position"], body["verification"]["faults"]) == (9, 2)
    assert body["verification"]["whole_age_seconds"] >= 3600


async def test_a_missing_migration_makes_it_not_ready(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    database_says(monkeypatch, missing=["0099_later.sql"])
    assert problem(await door.get("/readyz", None), "not-ready")["missing"] == ["0099_later.sql"]


async def test_stalled_views_are_reported(door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch) -> None:
    head = await approvals.store.head()
    stand_at(head, monkeypatch)
    assert (await door.get("/readyz", None)).json()["still_since"] is None, "no fact waits yet"
    await door.post(uuid4(), REGISTER)
    since = (await door.get("/readyz", None)).json()["still_since"]
    monkeypatch.setattr("api.health.STILL_SECONDS_MAX", 0.0)
    health = (await trouble(door))["trouble"]
    assert f"the views have stalled at {head} since {since[:16]}" in health
    assert f"although the ledger is at {head + 1}" in health


async def test_appends_that_fail_make_it_not_ready_until_one_would_not(
    door: Door, approvals: Approvals, shared_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = await approvals.store.head()
    stand_at(head, monkeypatch)
    with psycopg.connect(shared_database_url, autocommit=True) as other:
        other.execute(DISK_FULL)
        assert (await door.get("/readyz", None)).status_code == 200, "it is not known yet"
        problem(await door.post(uuid4(), REGISTER), "database-full")
        refused = problem(await door.get("/readyz", None), "not-ready")
        assert refused["append_error"] == "no space left"
        other.execute("DROP TRIGGER disk_full ON ledger.event")
        problem(await door.get("/readyz", None), "not-ready")  # a disk almost full takes a fact now and then
        monkeypatch.setattr("infrastructure.ledger.write_probe.STEADY_SECONDS", 0.0)
        answer = await door.get("/readyz", None)
        assert (answer.status_code, answer.json()["position"]) == (200, head), "what was tried was undone"


async def test_a_wrong_clock_is_reported_and_makes_it_not_ready_where_no_command_is_taken(
    door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_at(await approvals.store.head(), monkeypatch)
    assert (await door.get("/readyz", None)).json()["clock"] == ""
    monkeypatch.setattr(approvals.clocks, "_judge", lambda *_: None)  # else the next look would find all well
    monkeypatch.setattr(approvals.clocks, "note", "3 s ahead")
    answer = await door.get("/readyz", None)
    assert (answer.status_code, answer.json()["clock"]) == (200, "3 s ahead")
    monkeypatch.setattr(approvals.clocks, "refusal", "90 s ahead")
    refused = problem(await door.get("/readyz", None), "not-ready")
    assert refused["detail"].startswith("90 s ahead")
    assert "NTP" in refused["remedy"]


async def test_a_database_that_a_newer_release_has_changed_makes_it_not_ready(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.postgres.migrate.migrations", list)
    answer = problem(await door.get("/readyz", None), "not-ready")
    assert "A newer Countersign has changed this database" in answer["detail"]


async def test_readiness_needs_none_of_the_connections_that_others_wait_for(
    door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_at(await approvals.store.head(), monkeypatch)
    async with AsyncExitStack() as stack:
        for _ in range(approvals.store.pool.max_size):
            await stack.enter_async_context(approvals.store.connection())
        assert (await door.get("/readyz", None)).status_code == 200


async def test_a_database_that_does_not_answer_makes_it_not_ready(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: str) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr("api.health.database_health", never)
    monkeypatch.setattr("api.health.READY_SECONDS_MAX", 0.05)
    answer = await door.get("/readyz", None)
    problem(answer, "not-ready")
    assert answer.headers["retry-after"] == "1"
    assert (await door.get("/healthz", None)).status_code == 200


async def insisted(door: Door, project: UUID) -> httpx.Response:
    """What a client gets that retries with the same key, as the answers ask for."""
    for _ in range(CONNECTIONS_MAX):
        answer = await door.post(project, REGISTER, key=project)
        if answer.status_code != 503:
            break
        problem(answer, "database-away")
    return answer


async def test_connections_that_are_cut_lose_nothing_and_come_back(door: Door, shared_database_url: str) -> None:
    projects = [uuid4() for _ in range(30)]
    posts = [asyncio.create_task(insisted(door, project)) for project in projects]
    with psycopg.connect(shared_database_url, autocommit=True) as other:
        await asyncio.sleep(0.01)
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    answers = await asyncio.gather(*posts)
    assert [(answer.status_code, answer.json()["version"]) for answer in answers] == [(200, 1)] * 30
    reads = [await door.get(f"/v1/projects/{project}") for project in projects]
    assert {read.status_code for read in reads} <= {200, 503}, "connections that lay idle are found dead one by one"
    assert reads[-1].json()["version"] == 1
