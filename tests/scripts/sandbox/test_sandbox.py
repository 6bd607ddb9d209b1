"""The sandbox: its clock is moved on, and what falls due on the way comes in order before the answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from infrastructure.settings import Settings
from scripts import cli
from scripts.server.sandbox import SandboxClock, settings_of_sandbox
from tests.infrastructure.webhooks.receiver import Receiver
from tests.scripts.sandbox.programs import CLOCK, Sandbox


async def test_what_falls_due_comes_before_the_answer_and_in_order(opened: Sandbox) -> None:
    receiver, project = Receiver(), str(uuid4())
    manager, officer = opened.manager, opened.officer
    try:
        made = await manager.post("/v1/subscriptions", {"url": receiver.url})
        assert made.status_code == 200, made.text
        item = {"item": "land-use", "department": "land"}
        body = {"command": "register_project", "name": "Fab", "manager": "wang", "enterprise": {"name": "Hengxin"}}
        await manager.command(project, body | {"items": [item]})
        await manager.command(project, {"command": "submit_item", "item": "land-use"})
        await officer.command(project, {"command": "accept_item", "item": "land-use"})
        before = datetime.fromisoformat((await manager.get(CLOCK))["now"])
        later = before + timedelta(days=60)

        moved = await manager.post(CLOCK, {"advance_to": later.isoformat()})
    finally:
        receiver.stop()

    assert moved.status_code == 200, moved.text
    answer = moved.json()
    assert later <= datetime.fromisoformat(answer["now"]) < later + timedelta(minutes=10)
    entries = (await manager.get(f"/v1/projects/{project}/history"))["entries"]
    automatic = [entry["fact"]["fact"] for entry in entries if entry["by"]["role"] == "system"]
    assert {"deadline_warned", "card_issued"} <= set(automatic), automatic
    recorded = [entry["recorded_at"] for entry in entries]
    assert recorded == sorted(recorded)
    assert answer["facts"] >= len(automatic)
    sent = [request.event for request in receiver.received if request.event["source"] == f"/projects/{project}"]
    assert [event["version"] for event in sent] == [entry["version"] for entry in entries]
    assert answer["messages"] >= len(automatic)


async def test_time_goes_one_way_and_in_steps(opened: Sandbox) -> None:
    now = datetime.fromisoformat((await opened.manager.get(CLOCK))["now"])
    for instant in (now - timedelta(days=1), now + timedelta(days=500)):
        refused = await opened.manager.post(CLOCK, {"advance_to": instant.isoformat()})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-field")
    assert (await opened.manager.post(CLOCK, {"advance_to": "soon"})).status_code == 422
    assert (await opened.manager.post(CLOCK, {"advance_to": "2030-01-01T00:00:00"})).status_code == 422
    assert (await opened.client.post(CLOCK, json={})).status_code == 401


async def test_the_shipped_zone_is_published(opened: Sandbox) -> None:
    catalogues = (await opened.manager.get("/v1/catalogues"))["catalogues"]
    assert [catalogue["items"] for catalogue in catalogues] == [131]


def test_the_clock_is_where_it_was_after_a_restart(tmp_path: Path) -> None:
    clock = SandboxClock(tmp_path / "clock.json")
    clock.set(clock() + timedelta(days=30))
    again = SandboxClock(tmp_path / "clock.json")
    assert abs(again() - clock()) < timedelta(minutes=1)
    again.set(again() - timedelta(days=10))
    assert again() >= clock() - timedelta(seconds=1)


def test_a_sandbox_has_data_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATA", "PORT", "KEYS", "PROOF", "SOCKET", "MATERIALS", "MASTER_KEY"):
        monkeypatch.setenv(f"COUNTERSIGN_{name}", "" if name != "PORT" else "8000")
    chosen = settings_of_sandbox(Settings(data=tmp_path / "live"), 8001)
    assert (chosen.data, chosen.port, chosen.keys) == (tmp_path / "live-sandbox", 8001, "")


def test_a_database_server_of_ones_own_is_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nowhere/none")
    result = CliRunner().invoke(cli.cli, ["sandbox"])
    assert result.exit_code == 2
    assert "unset DATABASE_URL" in " ".join(result.output.split())
