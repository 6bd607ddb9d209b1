"""What would be, over HTTP: an assumption says what then really comes about, and stores nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types

from api.law.what_if_bodies import EXAMPLES
from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door, identity, problem
from tests.examples import APPLICANT, BUREAU, LAND, LEADER, MANAGER
from tests.law.questions import at
from tests.projections.zone import REGISTER, tell_zone

pytestmark = pytest.mark.usefixtures("projector")

Body = dict[str, Any]
PAUSED: Body = EXAMPLES["assume_events"]["paused"]["value"]
LATER = "2026-03-20T12:00:00+08:00"
HANDS = [at("03-01")]


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        yield opened


async def accepted(door: Door) -> UUID:
    """A project whose application was accepted on the 6th of March; it is the 9th."""
    project = uuid4()
    for day, by, command in (
        ("03-02 09:00", MANAGER, REGISTER),
        ("03-02 10:00", APPLICANT, {"command": "submit_item", "item": "land"}),
        ("03-06 11:00", LAND, {"command": "accept_item", "item": "land"}),
    ):
        await send(door, project, day, by, command)
    HANDS[0] = at("03-09 09:00")
    return project


async def send(door: Door, project: UUID, day: str, by: Actor, command: Any) -> None:
    HANDS[0] = at(day)
    await door.done(project, command, by)


async def ask_what_if(door: Door, path: str, body: Body, by: Actor | None = LEADER, **params: Any) -> Any:
    return await door.client.post(path, json=body, params=params, headers=identity(by) if by else {})


async def test_what_is_assumed_is_what_comes_about_when_it_happens(door: Door, approvals: Approvals) -> None:
    project = await accepted(door)
    before = await approvals.store.head()
    answer = (await ask_what_if(door, f"/v1/projects/{project}/what-if", PAUSED, as_of=LATER)).json()
    assert await approvals.store.head() == before
    (item,) = answer["items"]
    present = (await door.get(f"/v1/projects/{project}/clocks", as_of=LATER)).json()
    assert item["present"] == present["items"][0]

    suspend = {"command": "suspend_clock", "item": "land", "ground": "expert_review", "suspension": "review"}
    extend = {"command": "extend_limit", "item": "land", "days": 10, "reasons": "难", "approver": "agency_head"}
    await send(door, project, "03-10 09:00", LAND, suspend | {"planned_until": "2026-03-18"})
    await send(door, project, "03-18 16:00", LAND, {"command": "resume_clock", "item": "land", "suspension": "review"})
    await send(door, project, "03-19 09:00", LAND, extend)
    HANDS[0] = at("03-21 09:00")
    now = (await door.get(f"/v1/projects/{project}/clocks", as_of=LATER)).json()

    assert item["assumed"]["clocks"] == now["items"][0]["clocks"]
    assert item["assumed"] != item["present"]


async def test_the_difference_is_shown_clock_by_clock(door: Door) -> None:
    project = await accepted(door)
    answer = (await ask_what_if(door, f"/v1/projects/{project}/what-if", PAUSED)).json()

    assert answer["as_of"] == "2026-03-19T09:00:00+08:00"  # the last assumed event: later than now
    decision = next(move for move in answer["moves"] if move["clock"] == "decision")
    assert (decision["due_on_before"], decision["due_on"], decision["days"]) == ("2026-04-03", "2026-04-28", 25)
    (item,) = answer["items"]
    dates = [
        {clock["clock"]: clock["due_on"] for clock in item[side]["clocks"]}["decision"]
        for side in ("present", "assumed")
    ]
    assert dates == [decision["due_on_before"], decision["due_on"]]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"item": "moon"}, "$.assume[0].item"),
        ({"application": 2}, "$.assume[0].item"),
        ({"events": [{"id": "v2", "type": "withdrawn", "at": LATER}]}, "$.assume[0].events[0].id"),
        ({"events": [{"id": "a", "type": "withdrawn", "at": LATER}] * 2}, "$.assume[0].events[1].id"),
        ({"events": [{"id": "a", "type": "withdrawn", "at": "2026-03-20T12:00:00"}]}, "$.assume[0].events[0].at"),
        ({"events": [{"id": "a", "type": "withdrawn", "at": "1066-03-20T12:00:00Z"}]}, "$.assume[0].events[0].at"),
        ({"events": [{"id": "a", "type": "withdrawn", "at": LATER, "by": "me"}]}, "$.assume[0].events[0].by"),
        ({"events": [{"id": "a", "type": "extension", "days": 0, "at": LATER}]}, "$.assume[0].events[0].days"),
        ({"events": []}, "$.assume[0].events"),
        ({"why": "so"}, "$.assume[0]"),
    ],
)
async def test_what_can_not_be_assumed(door: Door, change: Body, path: str) -> None:
    project = await accepted(door)
    body = {"assume": [PAUSED["assume"][0] | change]}
    refusal = problem(await ask_what_if(door, f"/v1/projects/{project}/what-if", body), "invalid-field")

    assert refusal["path"].startswith(path)


async def test_assumptions_need_a_project_and_an_identity(door: Door) -> None:
    problem(await ask_what_if(door, f"/v1/projects/{uuid4()}/what-if", PAUSED), "project-unknown")
    problem(await ask_what_if(door, f"/v1/projects/{uuid4()}/what-if", PAUSED, None), "actor-missing")
    problem(
        await ask_what_if(door, "/v1/supervision/what-if", EXAMPLES["assume_rules"]["other_version"]["value"], None),
        "actor-missing",
    )


async def test_cards_of_a_period_under_other_rules(door: Door, approvals: Approvals) -> None:
    await tell_zone(approvals, HANDS)
    await door.get("/v1/clocks", after=await approvals.store.head())
    question = {"first": "2026-04-01", "last": "2026-06-30", "department": "land"}
    noon = "2026-07-01T12:00:00+08:00"
    HANDS[0] = datetime.fromisoformat(noon)
    same = (await ask_what_if(door, "/v1/supervision/what-if", question, BUREAU, as_of=noon)).json()
    longer = (
        await ask_what_if(door, "/v1/supervision/what-if", {**question, "decision_days": 60}, BUREAU, as_of=noon)
    ).json()

    assert same["present"] == same["would"]
    assert {signal["compared"] for signal in same["signals"]} == {"same"}
    assert same["count"] == len(same["signals"]) == sum(same["would"].values())
    assert longer["present"] == same["present"]
    assert longer["would"]["red"] < same["present"]["red"]
    avoided = [signal for signal in longer["signals"] if signal["compared"] == "gone" and signal["level"] == "red"]
    assert {signal["clock"] for signal in avoided} == {"decision"}

    signals = list[Any]()
    cursor: str | None = ""
    while cursor is not None:
        body = {**question, "limit": 1, "cursor": cursor}
        page = (await ask_what_if(door, "/v1/supervision/what-if", body, BUREAU, as_of=noon)).json()
        signals, cursor = signals + page["signals"], page["next"]
    assert signals == same["signals"]
    other = {**question, "department": "planning", "cursor": same["next"] or "x"}
    problem(await ask_what_if(door, "/v1/supervision/what-if", other, BUREAU, as_of=noon), "invalid-cursor")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"law": "moon@2000-01-01"}, "$.law"),
        ({"law": "cn-licensing@2019-04-23/eia_report"}, "$.law"),
        ({"last": "2025-12-31"}, "$.last"),
        ({"last": "2027-12-31"}, "$.last"),
        ({"first": "0001-01-01"}, "$.first"),
        ({"decision_days": -1}, "$.decision_days"),
        ({"decision_days": 10**6}, "$.decision_days"),
        ({"department": "a\x00b"}, "$.department"),
        ({"yellow": {"num": 1, "den": 0, "min": 1}}, "$.yellow.den"),
        ({"colour": "yellow"}, "$"),
    ],
)
async def test_a_change_of_rules_that_can_not_be_evaluated_is_an_invalid_field(
    door: Door, change: Body, path: str
) -> None:
    body = {"first": "2026-01-01", "last": "2026-03-31"} | change
    refusal = problem(await ask_what_if(door, "/v1/supervision/what-if", body, BUREAU), "invalid-field")

    assert refusal["path"].startswith(path)


async def test_the_examples_are_answered_as_the_document_says(door: Door) -> None:
    document: Body = (await door.get("/schema/openapi.json", None)).json()
    project = await accepted(door)
    for path, answer in (
        ("/v1/projects/{project_id}/what-if", "AssumedProject"),
        ("/v1/supervision/what-if", "AssumedCards"),
    ):
        content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        for example in content["examples"].values():
            Draft202012Validator({**content["schema"], "components": document["components"]}).validate(example["value"])
            body = await ask_what_if(door, path.format(project_id=project), example["value"], BUREAU)
            assert body.status_code == 200, body.text
            schema = {"$ref": f"#/components/schemas/{answer}", "components": document["components"]}
            Draft202012Validator(schema).validate(body.json())
