"""GET /v1/events: forms, filters, positions, waiting, and what each caller may see."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import json

from domain.core.ledger import Actor, Role
from tests.api.client import REGISTER, Door, identity, problem
from tests.examples import APPLICANT, BUREAU, LAND, LEADER, MANAGER, PLANNING, WATER

USCC = "91420100MA0HX2026E"
OTHER_MANAGER = Actor("zhou", "office", Role.PROJECT_MANAGER)
CLERK = Actor("clerk", "hall", Role.WINDOW_CLERK)
WAIT = 60  # seconds at most; a test that passes waits for milliseconds
pytestmark = pytest.mark.usefixtures("projector")


async def registered(door: Door, **changes: Any) -> tuple[UUID, int]:
    """A new project, and the position of its first entry."""
    project = uuid4()
    receipt = await door.done(project, {**REGISTER, **changes})
    return project, receipt["position"]


async def events(door: Door, by: Actor, after: int, upto: int, **params: Any) -> list[dict[str, Any]]:
    """Every event after *after* that *by* may see, once the feed has come to *upto*."""
    seen: list[dict[str, Any]] = []
    while after < upto:
        page = (
            await door.client.get("/v1/events", params={"wait": 1, **params, "after": after}, headers=identity(by))
        ).json()
        seen += page["events"]
        after = page["next"]
    return seen


async def test_an_event_is_a_cloud_event(door: Door) -> None:
    project, position = await registered(door)
    (event,) = await events(door, LEADER, position - 1, position)

    assert event | {"data": None, "hash": "", "time": "", "occurredat": ""} == {
        "specversion": "1.0",
        "id": str(position),
        "source": f"/projects/{project}",
        "type": "org.countersign.project_registered.v1",
        "subject": None,
        "time": "",
        "occurredat": "",
        "datacontenttype": "application/json",
        "version": 1,
        "actor": MANAGER.id,
        "correlationid": None,
        "hash": "",
        "withheld": False,
        "data": None,
    }
    (line,) = (await door.get(f"/v1/projects/{project}/history")).json()["entries"]
    assert (event["data"], event["hash"], event["time"]) == (line["fact"], line["hash"], line["recorded_at"])


async def test_the_position_moves_on_over_what_the_caller_may_not_see(door: Door) -> None:
    """A manager sees his own projects; his `next` is that of all readers."""
    _, first = await registered(door)
    _, last = await registered(door)

    assert await events(door, OTHER_MANAGER, first - 1, last) == []
    assert [event["id"] for event in await events(door, MANAGER, first - 1, last)] == [str(first), str(last)]


async def test_a_department_sees_its_projects_and_what_its_own_items_hold(door: Door) -> None:
    project, position = await registered(door)
    last = (await door.done(project, {"command": "submit_item", "item": "land"}, MANAGER))["position"]

    assert await events(door, WATER, position - 1, last) == []
    of_land = await events(door, LAND, position - 1, last)
    assert [(event["subject"], event["withheld"]) for event in of_land][-1] == ("land", False)
    of_planning = await events(door, PLANNING, position - 1, last)
    assert [event["id"] for event in of_planning] == [event["id"] for event in of_land]
    hidden = {"actor": "", "hash": "", "data": None, "withheld": True}
    assert of_planning[-1] == of_land[-1] | hidden


async def test_telephone_numbers_are_for_those_who_have_to_call(door: Door) -> None:
    _, position = await registered(door)
    project, _ = await registered(door)
    contacts = {"command": "record_information", "category": "contacts", "as_of": "2026-03-02"}
    body = contacts | {"fields": [{"key": "phone", "value": "13800001234"}]}
    last = (await door.done(project, body))["position"]

    shown = [event for event in await events(door, MANAGER, position, last) if "information" in event["type"]]
    hidden = [event for event in await events(door, LEADER, position, last) if "information" in event["type"]]
    assert [event["withheld"] for event in (*shown, *hidden)] == [False, True]
    assert "13800001234" in str(shown)
    assert "13800001234" not in str(hidden)


async def test_an_anonymous_complainant_is_named_to_the_bureau_alone(door: Door) -> None:
    project, position = await registered(door, enterprise={"name": "Hengxin", "uscc": USCC})
    complaint = {"command": "file_complaint", "complaint": "c-1", "item": "land", "about": "slow", "anonymous": True}
    last = (await door.done(project, complaint, APPLICANT))["position"]

    async def filed(by: Actor) -> dict[str, Any]:
        (event,) = [event for event in await events(door, by, position, last) if "complaint" in event["type"]]
        return event

    assert (await filed(BUREAU))["actor"] == APPLICANT.id
    answering, managing = await filed(LAND), await filed(MANAGER)
    assert (answering["withheld"], managing["withheld"]) == (False, True)
    assert answering["data"]["about"] == "slow"
    for event in (answering, managing):
        assert (event["actor"], event["hash"]) == ("", "")
        assert APPLICANT.id not in str(event["data"])


async def test_types_projects_and_departments_are_filters(door: Door) -> None:
    project, first = await registered(door)
    other, _ = await registered(door)
    last = (await door.done(project, {"command": "submit_item", "item": "land"}))["position"]

    async def ids(**params: Any) -> list[tuple[str, str | None]]:
        seen = await events(door, LEADER, first - 1, last, **params)
        return [(event["source"][10:], event["subject"]) for event in seen]

    assert (str(project), "land") in await ids()
    assert await ids(type="project_registered") == [(str(project), None), (str(other), None)]
    assert await ids(type=["org.countersign.item_submitted.v1", "flow_published"]) == [(str(project), "land")]
    assert {source for source, _ in await ids(project=str(other))} == {str(other)}
    assert await ids(department="land", type="item_submitted") == [(str(project), "land")]
    assert await ids(department="water") == []


async def test_lines_end_with_the_position_to_go_on_at(door: Door) -> None:
    _, first = await registered(door)
    _, last = await registered(door)
    await events(door, LEADER, first - 1, last)
    headers = identity(LEADER) | {"Accept": "application/x-ndjson"}
    response = await door.client.get("/v1/events", params={"after": first - 1}, headers=headers)

    *lines, end = [json.decode(line) for line in response.text.splitlines()]
    assert response.headers["content-type"].startswith("application/x-ndjson")
    assert [line["id"] for line in lines] == [str(first), str(last)]
    assert end == {"next": last, "cursor": str(last)}


async def test_a_batch_is_a_list_with_a_link_to_the_next(door: Door) -> None:
    _, position = await registered(door)
    await events(door, LEADER, position - 1, position)
    media_type = "application/cloudevents-batch+json"
    headers = identity(LEADER) | {"Accept": media_type}
    response = await door.client.get("/v1/events", params={"lastEventId": position - 1}, headers=headers)

    assert response.headers["content-type"].startswith(media_type)
    assert [event["id"] for event in response.json()] == [str(position)]
    assert response.headers["link"] == f'</v1/events?cursor={position}>; rel="next"'


async def test_a_waiting_request_is_answered_when_something_happens(door: Door) -> None:
    _, position = await registered(door)
    await events(door, LEADER, position - 1, position)
    waiting = asyncio.create_task(
        door.client.get("/v1/events", params={"after": position, "wait": WAIT}, headers=identity(LEADER), timeout=WAIT)
    )
    await asyncio.sleep(0)
    project, last = await registered(door)
    page = (await waiting).json()

    assert [(event["source"], event["id"]) for event in page["events"]] == [(f"/projects/{project}", str(last))]
    assert (page["next"], page["cursor"], page["more"]) == (last, str(last), False)


@pytest.mark.parametrize(
    ("params", "headers", "code"),
    [
        ({"after": 10**12}, {}, "invalid-parameter"),
        ({"after": -1}, {}, "invalid-parameter"),
        ({"type": "project_regstered"}, {}, "invalid-parameter"),
        ({"type": "key_issued"}, {}, "invalid-parameter"),
        ({"project": "x"}, {}, "invalid-parameter"),
        ({"wait": 61}, {}, "invalid-parameter"),
        ({}, {"Last-Event-ID": "x"}, "invalid-header"),
        ({}, {"Last-Event-ID": "9" * 40}, "invalid-header"),
        ({}, {"Last-Event-ID": "999999999999"}, "invalid-parameter"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    door: Door, params: dict[str, Any], headers: dict[str, str], code: str
) -> None:
    response = await door.client.get("/v1/events", params=params, headers=identity(LEADER) | headers)
    problem(response, code)


async def test_a_position_in_two_headers_is_none(door: Door) -> None:
    twice = [*identity(LEADER).items(), ("Last-Event-ID", "1"), ("Last-Event-ID", "0")]
    problem(await door.client.get("/v1/events", headers=twice), "invalid-header")


async def test_a_role_without_a_feed_is_refused(door: Door) -> None:
    problem(await door.get("/v1/events", CLERK), "access-denied")
    problem(await door.get("/v1/events", None), "actor-missing")
