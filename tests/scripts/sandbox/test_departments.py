"""The simulated departments of a sandbox: what a project's code asks for happens while the clock is advanced."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from msgspec import convert, json

from domain.core.ledger import Actor, Role
from domain.messages import AnyCommand
from infrastructure.ledger.approvals import Approvals
from infrastructure.watcher.watch_schedule import WatchTable
from infrastructure.watcher.watcher import Watcher
from scripts.server.sandbox_departments import Conduct
from tests.docs.blocks import ROOT, blocks_in
from tests.infrastructure.projector.test_projector import project_all
from tests.scripts.sandbox.programs import CLOCK, Sandbox

PAGE = "docs/reference/programs/client.md"
TEXT = (ROOT / PAGE).read_text("utf-8")
DECIDED = ["item_accepted", "item_completed", "decision_delivered"]
JOINT = {"item": "scheme", "department": "land", "mode": "joint", "participants": ["fire", "water"]}


def documented() -> dict[str, Any]:
    """The registration that the page shows."""
    (block,) = [block for block in blocks_in(TEXT, PAGE) if "sandbox-refused-1" in block.text]
    body: dict[str, Any] = json.decode(block.text)
    return body


async def applied(sandbox: Sandbox, code: str, **changes: Any) -> str:
    """A new project with this code, its first item applied for while the clock is stopped."""
    project, body = str(uuid4()), documented() | {"code": code} | changes
    now = datetime.fromisoformat((await sandbox.manager.get(CLOCK))["now"])
    await advance(sandbox, now + timedelta(minutes=1), hold=True)
    await sandbox.manager.command(project, body)
    await sandbox.manager.command(project, {"command": "submit_item", "item": body["items"][0]["item"]})
    return project


async def advance(sandbox: Sandbox, to: datetime, *, hold: bool = True) -> dict[str, Any]:
    answer = await sandbox.manager.post(CLOCK, {"advance_to": to.isoformat(), "hold": hold})
    assert answer.status_code == 200, answer.text
    moved: dict[str, Any] = answer.json()
    return moved


async def advance_days(sandbox: Sandbox, days: int) -> dict[str, Any]:
    now = datetime.fromisoformat((await sandbox.manager.get(CLOCK))["now"])
    return await advance(sandbox, now + timedelta(days=days))


async def entries(sandbox: Sandbox, project: str) -> list[dict[str, Any]]:
    """What was recorded after the application."""
    recorded: list[dict[str, Any]] = (await sandbox.manager.get(f"/v1/projects/{project}/history"))["entries"][2:]
    instants = [entry["recorded_at"] for entry in recorded]
    assert instants == sorted(instants)
    return recorded


def facts(recorded: list[dict[str, Any]]) -> list[str]:
    return [entry["fact"]["fact"] for entry in recorded]


async def outcome(sandbox: Sandbox, project: str) -> tuple[str, str]:
    (item,) = (await sandbox.manager.get(f"/v1/projects/{project}/progress"))["items"]
    return item["stage"], item["outcome"]


def test_the_page_lists_every_value() -> None:
    assert re.findall(r"^\| `(sandbox-\w+)` \|", TEXT, re.MULTILINE) == [conduct.value for conduct in Conduct]


@pytest.mark.parametrize(
    ("code", "conduct"),
    [
        ("sandbox-late", Conduct.LATE),
        ("sandbox-silent-7", Conduct.SILENT),
        ("sandbox-1", Conduct.GRANTED),
        ("2026-sandbox-late", None),
        ("Sandbox-late", None),
        ("", None),
    ],
)
def test_the_beginning_of_a_code_counts(code: str, conduct: Conduct | None) -> None:
    assert Conduct.of(code) is conduct


@pytest.mark.parametrize(
    ("code", "decided"), [("sandbox-granted-1", "granted"), ("sandbox-1", "granted"), ("sandbox-refused-1", "refused")]
)
async def test_an_item_is_decided_at_once(opened: Sandbox, code: str, decided: str) -> None:
    project = await applied(opened, code)
    assert await entries(opened, project) == [], "the departments act when the clock is advanced"
    moved = await advance_days(opened, 1)
    recorded = await entries(opened, project)
    assert facts(recorded) == DECIDED
    assert {entry["by"]["role"] for entry in recorded} == {"officer"}
    assert moved["facts"] == len(DECIDED)
    assert await outcome(opened, project) == ("delivered", decided)


async def test_a_supplement_is_asked_for_once(opened: Sandbox) -> None:
    project = await applied(opened, "sandbox-supplement-1")
    await advance_days(opened, 2)
    assert facts(await entries(opened, project)) == ["supplement_requested"]
    await opened.manager.command(project, {"command": "submit_supplement", "item": "land-use"})
    await advance_days(opened, 1)
    assert facts(await entries(opened, project)) == ["supplement_requested", "supplement_submitted", *DECIDED]


async def test_a_late_decision_follows_its_card(opened: Sandbox) -> None:
    project = await applied(opened, "sandbox-late-1")
    await advance_days(opened, 90)
    recorded = await entries(opened, project)
    assert facts(recorded) == [DECIDED[0], "deadline_warned", "card_issued", *DECIDED[1:]]
    card, decision = recorded[2], recorded[3]
    assert (card["fact"]["colour"], card["fact"]["proof"]["clock"]) == ("red", "decision")
    assert decision["recorded_at"] == card["recorded_at"], "at the instant of the card, before time goes on"


async def test_silence_has_its_effects(opened: Sandbox) -> None:
    project = await applied(opened, "sandbox-silent-1")
    await advance_days(opened, 90)
    recorded = await entries(opened, project)
    assert {entry["by"]["role"] for entry in recorded} == {"system"}
    assert [fact for fact in facts(recorded) if fact != "deadline_warned"][:2] == ["acceptance_deemed", "card_issued"]
    assert (await outcome(opened, project))[0] == "accepted"


async def test_departments_that_are_asked_agree(opened: Sandbox) -> None:
    project = await applied(opened, "sandbox-joint", items=[JOINT])
    await advance_days(opened, 1)
    recorded = await entries(opened, project)
    opinions = [entry for entry in recorded if entry["fact"]["fact"] == "item_countersigned"]
    assert {entry["by"]["department"] for entry in opinions} == {"fire", "water"}
    assert facts(recorded)[-2:] == DECIDED[1:]
    assert await outcome(opened, project) == ("delivered", "granted")


async def test_a_file_goes_to_the_upper_level_and_is_decided(opened: Sandbox) -> None:
    lower = {"item": "scheme", "department": "land", "mode": "lower_review"}
    project = await applied(opened, "sandbox-lower", items=[lower])
    await advance_days(opened, 1)
    forwarded = ["item_forwarded", "forwarded_item_received"]
    assert facts(await entries(opened, project)) == [DECIDED[0], *forwarded, *DECIDED[1:]]


async def test_a_file_at_the_upper_level_is_decided_late(opened: Sandbox) -> None:
    lower = {"item": "scheme", "department": "land", "mode": "lower_review"}
    project = await applied(opened, "sandbox-late-lower", items=[lower])
    await advance_days(opened, 90)
    recorded = facts(await entries(opened, project))
    assert "card_issued" in recorded
    assert recorded[-2:] == DECIDED[1:]


async def test_an_item_waits_for_what_it_requires(opened: Sandbox) -> None:
    first = {"item": "scheme", "department": "land", "requires": ["land-use"]}
    second = {"item": "land-use", "department": "land"}
    project = await applied(opened, "sandbox-granted-2", items=[first, second])
    await advance_days(opened, 1)
    assert await entries(opened, project) == []
    await opened.manager.command(project, {"command": "submit_item", "item": "land-use"})
    await advance_days(opened, 1)
    decided = [entry["fact"]["item"] for entry in await entries(opened, project) if entry["fact"]["fact"] == DECIDED[1]]
    assert decided == ["land-use", "scheme"]


async def test_projects_with_another_code_are_left_alone(opened: Sandbox) -> None:
    project = await applied(opened, "ZONE-1")
    await advance_days(opened, 1)
    assert await entries(opened, project) == []


async def test_nothing_of_it_happens_outside_a_sandbox(projected_database_url: str) -> None:
    url, project = projected_database_url, UUID(int=7, version=4)
    manager = Actor("wang", "office", Role.PROJECT_MANAGER)
    async with Approvals(url) as approvals, await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        body = documented() | {"code": "sandbox-granted-1"}
        for command in (body, {"command": "submit_item", "item": "land-use"}):
            await approvals.handle(project, convert(command, AnyCommand), manager, uuid4())
        project_all(url)
        watcher, table = Watcher(approvals, url), WatchTable(connection)
        assert await watcher.take_lead(table)
        while await watcher.step(table):
            continue
        assert (await approvals.project(project)).version == 2


def test_the_sandbox_alone_knows_the_simulated_departments() -> None:
    name = re.compile(r"\bsandbox_departments\b")
    modules = [path for folder in ("api", "infrastructure", "scripts") for path in (ROOT / folder).rglob("*.py")]
    users = [path.relative_to(ROOT).as_posix() for path in modules if name.search(path.read_text("utf-8"))]
    assert users == ["scripts/server/sandbox.py"]
