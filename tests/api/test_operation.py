"""Readiness where something is missing: it says what, and never takes long."""

from __future__ import annotations

import asyncio

import pytest

from infrastructure.approvals import Approvals
from infrastructure.views import ViewPosition, Views
from tests.api.door import Door, problem


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
