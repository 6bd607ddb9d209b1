"""A zone simulated at a sandbox over HTTP: the same facts at the same instants as in process, and clear refusals."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from domain.law.calendar.moment import local_day
from infrastructure.ledger.clock_check import utc_now
from infrastructure.settings import Settings
from scripts import cli
from scripts.remote.connection import SandboxRefusedError
from scripts.remote.ground import RemotePlan
from scripts.remote.play import simulate_at
from scripts.server.sandbox import SandboxClock
from scripts.simulation.office_time import ZONE
from tests.conftest import database_in
from tests.scripts.sandbox.remote_zone import ADDRESS, simulated_both_ways

SEED, DAYS = 7, 40
PLAN = RemotePlan(1, SEED)
NEW_SESSION = {"Set-Cookie": "countersign-session=token; Path=/; HttpOnly"}


@pytest.mark.long
async def test_the_facts_are_those_of_the_same_zone_in_process(
    server_url: str, migrated_template: str, tmp_path: Path
) -> None:
    async def refused_later(transport: httpx2.ASGITransport) -> None:
        with pytest.raises(SandboxRefusedError, match="seed 7 was simulated in this sandbox before"):
            await simulate_at(ADDRESS, PLAN, transport=transport)
        with pytest.raises(SandboxRefusedError, match="whose clock goes one way"):
            await simulate_at(ADDRESS, RemotePlan(1, 8, local_day(utc_now(), ZONE)), transport=transport)

    with database_in(server_url, migrated_template) as near, database_in(server_url, migrated_template) as far:
        both = await simulated_both_ways((near, far), tmp_path, PLAN, DAYS, refused_later)

    assert both.facts_over_http == both.facts_in_process
    assert len(both.facts_over_http) == 2  # a project and its enterprise
    assert both.over_http.facts_by_name["item_completed"] >= 2
    assert both.over_http.refused_by_code == both.in_process.refused_by_code
    assert both.over_http.denied_by_command == both.in_process.denied_by_command == {}
    assert both.over_http.sign_ins >= 5


async def test_a_sandbox_without_people_lets_no_one_in() -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(401))
    with pytest.raises(SandboxRefusedError, match=r"lets no one sign in as 赖思源 .*sandbox --people"):
        await simulate_at(ADDRESS, PLAN, transport=transport)


async def test_another_server_is_no_sandbox() -> None:
    def answered(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(303, headers=NEW_SESSION) if request.method == "POST" else httpx2.Response(404)

    with pytest.raises(SandboxRefusedError, match="it is no sandbox"):
        await simulate_at(ADDRESS, PLAN, transport=httpx2.MockTransport(answered))


def test_without_a_server_the_command_line_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path))
    result = CliRunner().invoke(cli.cli, ["simulate", "--over-http", "http://127.0.0.1:9"])
    assert isinstance(result.exception, SandboxRefusedError)
    assert "can't be reached" in str(result.exception)


def test_a_server_that_fails_ends_the_simulation_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def answered(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(303, headers=NEW_SESSION) if request.method == "POST" else httpx2.Response(500)

    monkeypatch.setattr(
        "scripts.zone_commands.simulate_at",
        lambda address, plan, progress: simulate_at(address, plan, progress, httpx2.MockTransport(answered)),
    )
    result = CliRunner().invoke(cli.cli, ["simulate", "--over-http", ADDRESS])
    assert result.exit_code == 2
    assert "what it did remains" in " ".join(result.output.split())


def test_a_held_clock_stays_stopped_over_a_restart_until_it_is_released(tmp_path: Path) -> None:
    clock = SandboxClock(tmp_path / "clock.json")
    clock.hold()
    held = clock()
    clock.set(held + timedelta(days=3))
    again = SandboxClock(tmp_path / "clock.json")
    assert again() == clock() == held + timedelta(days=3)
    was_held = again.is_held
    again.release()
    assert (was_held, again.is_held) == (True, False)
    assert timedelta(days=3) <= again() - held < timedelta(days=3, minutes=1)
    assert SandboxClock(tmp_path / "clock.json")() >= again() - timedelta(seconds=1)


def test_the_sandbox_of_a_live_folder_offers_its_people(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    offered = []
    monkeypatch.setattr("scripts.serve.settings", lambda: Settings(data=tmp_path / "live"))
    monkeypatch.setattr("scripts.serve.sandboxes.settings_of_sandbox", lambda live, port: live)
    monkeypatch.setattr("scripts.serve.database.ready", lambda _: "postgresql://")
    monkeypatch.setattr("scripts.serve.sandboxes.serve", lambda *arguments: offered.append(arguments[-1]))
    for words in (["sandbox"], ["sandbox", "--people"]):
        assert CliRunner().invoke(cli.cli, words).exit_code == 0
    assert [people.__name__ for people in offered] == ["no_people", "offer_sandbox_people"]
