"""Reading one project: its state, its history a page at a time and as a whole, and who may see complainants."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.core.ledger import Role
from infrastructure.ledger.sent_command import command_id_of
from tests.api.client import REGISTER, Door, problem
from tests.examples import APPLICANT, BUREAU, MANAGER
from tests.examples import LAND as LAND_OFFICER


async def posted_story(door: Door) -> UUID:
    """A project on which the whole story happened."""
    project = uuid4()
    await door.send_story(project)
    return project


async def test_the_state_shows_how_far_every_item_is(door: Door) -> None:
    project = await posted_story(door)
    response = await door.get(f"/v1/projects/{project}")
    state = response.json()
    items = {item["item"]: item for item in state["items"]}

    assert response.headers["etag"].startswith(f'"{state["version"]}-')
    assert state["law"] == "cn-licensing"
    assert (items["land-use"]["stage"], items["land-use"]["outcome"]) == ("delivered", "granted")
    assert [
        (consultation["department"], consultation["step"], consultation["opinion"])
        for consultation in items["site-plan"]["consultations"]
    ] == [
        ("fire", "", "agreed_with_conditions"),
        ("environment", "", "objected"),
    ]
    assert items["discharge"]["department"] == "province-environment"
    assert items["tax"]["external"]
    assert {
        "complaint": "TS-2026-0007",
        "item": "land-use",
        "department": "natural-resources",
        "answered": True,
        "closed": True,
    } in state["complaints"]
    assert state["retracted"] == [32]


async def test_what_is_open_is_listed(door: Door) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    await door.done(project, {"command": "submit_item", "item": "land"}, APPLICANT)
    await door.done(project, {"command": "accept_item", "item": "land", "lacking": ["original"]}, LAND_OFFICER)
    await door.done(project, {"command": "suspend_clock", "item": "land", "ground": "hearing"}, LAND_OFFICER)
    land, site_plan = (await door.get(f"/v1/projects/{project}")).json()["items"]
    assert land["suspensions"] == [{"suspension": "s1", "ground": "hearing"}]
    assert land["missing"] == ["original"]
    assert site_plan["unmet"] == ["land"]


async def test_the_history_has_both_times_the_actor_the_command_the_law_and_the_hash(door: Door) -> None:
    project, key = uuid4(), uuid4()
    await door.post(project, {**REGISTER, "occurred_at": "2026-03-02T09:00:00+08:00"}, key=key)
    page = (await door.get(f"/v1/projects/{project}/history")).json()
    (entry,) = page["entries"]
    assert page["next"] is None
    assert entry["occurred_at"] == "2026-03-02T01:00:00Z"
    assert entry["recorded_at"] > entry["occurred_at"]
    assert (entry["by"]["id"], entry["by"]["role"]) == (MANAGER.id, Role.PROJECT_MANAGER)
    assert entry["command_id"] == str(command_id_of(MANAGER.id, key))
    assert entry["law"] == "cn-licensing@2019-04-23"
    assert (entry["version"], entry["source"], len(entry["hash"])) == (1, "", 64)
    assert entry["fact"]["fact"] == "project_registered"


async def test_corrections_stand_beside_what_they_correct(door: Door) -> None:
    entries = (await door.get(f"/v1/projects/{await posted_story(door)}/history")).json()["entries"]
    assert [entry["version"] for entry in entries if entry["retracted"]] == [32]
    amended = next(entry["fact"] for entry in entries if entry["fact"]["fact"] == "entry_amended")
    assert entries[amended["version"] - 1]["amended_to"] is not None


@pytest.mark.parametrize("limit", [1, 7, 1000])
async def test_pages_together_are_the_whole(door: Door, limit: int) -> None:
    project = await posted_story(door)
    lines = (await door.get(f"/v1/projects/{project}/history.ndjson")).text.splitlines()
    entries: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = (await door.get(f"/v1/projects/{project}/history", after_version=after, limit=limit)).json()
        assert len(page["entries"]) <= limit
        entries += page["entries"]
        after = page["next"]
    assert entries == [json.loads(line) for line in lines]
    assert [entry["version"] for entry in entries] == list(range(1, len(entries) + 1))


async def test_past_the_end_there_is_an_empty_page(door: Door) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    assert (await door.get(f"/v1/projects/{project}/history", after_version=99)).json() == {"entries": [], "next": None}


@pytest.mark.parametrize(
    ("name", "value"),
    [*(("after_version", text) for text in ("-1", "x", "1.5", str(2**63))), ("limit", "0"), ("limit", "1001")],
)
async def test_a_parameter_that_holds_what_it_cannot_is_named(door: Door, name: str, value: str) -> None:
    refusal = problem(await door.get(f"/v1/projects/{uuid4()}/history?{name}={value}"), "invalid-parameter")
    assert refusal["parameter"] == name


@pytest.mark.parametrize("path", ["", "/history", "/history.ndjson"])
async def test_an_unknown_project_is_a_problem_and_a_bad_id_not_found(door: Door, path: str) -> None:
    problem(await door.get(f"/v1/projects/{uuid4()}{path}"), "project-unknown")
    problem(await door.get(f"/v1/projects/17{path}"), "not-found")


async def test_who_complained_anonymously_is_for_the_bureau_alone(door: Door) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    file = {"command": "file_complaint", "complaint": "c1", "about": "slow", "contact": "139", "anonymous": True}
    await door.done(project, file, APPLICANT)
    await door.done(project, {"command": "answer_complaint", "complaint": "c1", "answer": "so", "upheld": True}, BUREAU)
    await door.done(project, {"command": "close_complaint", "complaint": "c1"}, APPLICANT)

    for by in (LAND_OFFICER, MANAGER):
        text = (await door.get(f"/v1/projects/{project}/history", by)).text
        assert APPLICANT.id not in text.replace("Hengxin", "")
        assert "139" not in [entry["fact"].get("contact") for entry in json.loads(text)["entries"]]
        assert APPLICANT.id not in (await door.get(f"/v1/projects/{project}/history.ndjson", by)).text
        moved = problem(
            await door.post(project, {"command": "note_step", "item": "land", "activity": "x"}, by, if_match='"1"'),
            "version-moved",
        )
        assert APPLICANT.id not in json.dumps(moved)
    for by in (BUREAU, APPLICANT):
        filed = (await door.get(f"/v1/projects/{project}/history", by)).json()["entries"][1]
        assert (filed["by"]["id"], filed["fact"]["by"], filed["fact"]["contact"]) == (APPLICANT.id, APPLICANT.id, "139")
