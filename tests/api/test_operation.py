"""Readiness where something is missing: it says what, and never takes long."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import psycopg
import pytest

from infrastructure.approvals import Approvals
from infrastructure.views import ViewPosition, Views
from tests.api.door import REGISTER, Door, problem


async def test_without_views_it_is_not_ready(door: Door) -> None:
    problem(await door.get("/readyz", None), "not-ready")
    problem(await door.get("/progress"), "behind")


async def test_a_view_that_stopped_makes_it_not_ready(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def positions(_: Views) -> list[ViewPosition]:
        return [ViewPosition("progress", 7, "position 8: KeyError"), ViewPosition("voices", 9, None)]

    monkeypatch.setattr(Views, "positions", positions)
    told = problem(await door.get("/readyz", None), "not-ready")
    assert "progress" in told["detail"]
    assert told["views"][0]["position"] == 7


async def test_a_view_far_behind_makes_it_not_ready(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def positions(_: Views) -> list[ViewPosition]:
        return [ViewPosition("progress", -1_000_000, None)]

    monkeypatch.setattr(Views, "positions", positions)
    assert problem(await door.get("/readyz", None), "not-ready")["lag"] >= 1_000_000


async def test_a_missing_migration_makes_it_not_ready(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.operation.pending", lambda _: ["0099_later.sql"])
    assert problem(await door.get("/readyz", None), "not-ready")["missing"] == ["0099_later.sql"]


async def test_a_database_that_does_not_answer_makes_it_not_ready(
    door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(approvals.store, "head", never)
    monkeypatch.setattr("api.operation.READY_SECONDS_MAX", 0.05)
    answer = await door.get("/readyz", None)
    problem(answer, "not-ready")
    assert answer.headers["retry-after"] == "1"
    assert (await door.get("/healthz", None)).status_code == 200


async def test_connections_that_are_cut_lose_nothing_and_come_back(door: Door, shared_database_url: str) -> None:
    projects = [uuid4() for _ in range(30)]
    posts = [asyncio.create_task(door.post(project, REGISTER, key=project)) for project in projects]
    with psycopg.connect(shared_database_url, autocommit=True) as other:
        for _ in range(3):
            await asyncio.sleep(0.01)
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    for project, answer in zip(projects, await asyncio.gather(*posts), strict=True):
        if answer.status_code != 200:
            problem(answer, "database-away")
            answer = await door.post(project, REGISTER, key=project)  # noqa: PLW2901  as its remedy says
        for _ in range(5):  # connections that lay idle in the pool are found dead one by one
            if answer.status_code == 503:
                answer = await door.post(project, REGISTER, key=project)  # noqa: PLW2901
        assert answer.json()["version"] == 1
    reads = [await door.get(f"/projects/{project}") for project in projects]
    assert {read.status_code for read in reads} <= {200, 503}
    assert reads[-1].json()["version"] == 1
