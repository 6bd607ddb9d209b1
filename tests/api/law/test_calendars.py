"""Calendar notices over HTTP: what people say to a calendar, what they are answered, and what is counted afterwards."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from msgspec import json, to_builtins

from api.commands.targets import TO_CALENDARS
from api.openapi.law_schemas import body_examples
from domain.calendar.messages import CalendarCommand
from domain.calendar.notice import ApplyNotice, ApproveNotice
from domain.calendar.state import stream_of
from domain.core.ledger import Actor
from domain.examples.calendar import CALENDAR_STORY, HEAD, NEXT_YEAR, SUDDEN
from domain.examples.story import BUREAU
from domain.streams import CALENDAR
from tests.api.client import REGISTER, Door, identity, problem
from tests.api.law.client import BY_PACK, Body, changed, evaluated
from tests.examples import LAND, MANAGER

CN, NL = "/v1/law/calendars/CN", "/v1/law/calendars/NL"
NOTICE: Body = to_builtins(NEXT_YEAR)


async def say(
    door: Door, command: CalendarCommand | Body | bytes, by: Actor = BUREAU, key: UUID | None = None, to: str = CN
) -> httpx.Response:
    """Post *command* to a calendar."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(key or uuid4()), **identity(by)}
    body = command if isinstance(command, bytes) else json.encode(command)
    return await door.client.post(f"{to}/commands", content=body, headers=headers)


async def send(door: Door, command: CalendarCommand, by: Actor = BUREAU) -> Body:
    response = await say(door, command, by)
    assert response.status_code == 200, response.text
    receipt: Body = response.json()
    return receipt


async def test_the_story_is_accepted_and_counted_by(door: Door) -> None:
    """A decision clock that ends in next year's holidays: provisional before the notice, firm and moved after it."""
    happened = [{**event, "at": "2027-01-25T09:00:00+08:00"} for event in BY_PACK["events"][:2]]
    question = changed(BY_PACK, "events", happened)
    question["as_of"] = [{"t": "2027-01-28T09:00:00+08:00"}]
    (before,) = await evaluated(door, question)

    receipts = [await send(door, step.dated, step.by) for step in CALENDAR_STORY]

    assert [receipt["version"] for receipt in receipts] == list(range(1, len(CALENDAR_STORY) + 1))
    assert receipts[-1]["facts"] == ["notice_applied"]
    (after,) = await evaluated(door, question)
    was, now = (answer["evaluation"]["clocks"]["decision"] for answer in (before, after))
    assert (was["provisional"], now["provisional"]) == (True, False)
    assert (was["due"], now["due"]) == ("2027-02-24", "2027-02-23"), "a Saturday worked makes it a day earlier"
    assert before["calendar"] != after["calendar"]

    shown = (await door.get(CN, None, known="2026-05-11")).json()
    assert shown["calendar"]["horizon"] == "2027-12-28"
    assert shown["notices"][-1]["id"] == NEXT_YEAR.notice
    listed = (await door.get(f"{CN}/notices", BUREAU)).json()["notices"]
    assert {entry["notice"]["id"]: (entry["stage"], entry["in_its_past"]) for entry in listed} == {
        "CN-2026-mistake": ("withdrawn", []),
        "CN-2026-example": ("applied", ["2026-04-03"]),
        "CN-2027-example": ("applied", []),
    }
    entries = (await door.get(f"{CN}/history", LAND)).json()["entries"]
    assert [entry["by"]["id"] for entry in entries] == [step.by.id for step in CALENDAR_STORY]
    assert [entry["version"] for entry in entries] == [receipt["version"] for receipt in receipts]


async def test_a_second_person_is_asked_for_and_a_repeat_answered(door: Door) -> None:
    notice = {**to_builtins(SUDDEN), "calendar": "NL", "notice": "NL-1"}
    key = uuid4()
    first = await say(door, notice, key=key, to=NL)
    again = await say(door, notice, key=key, to=NL)
    assert again.json() == {**first.json(), "repeated": True}
    problem(await say(door, {**notice, "title": "another"}, key=key, to=NL), "key-reused")

    approve, apply = ApproveNotice(calendar="NL", notice="NL-1"), ApplyNotice(calendar="NL", notice="NL-1")
    assert problem(await say(door, apply, to=NL), "approval-missing")["days"] == ["2026-04-03"]
    problem(await say(door, approve, to=NL), "second-person")
    problem(await say(door, approve, LAND, to=NL), "access-denied")
    assert (await say(door, approve, HEAD, to=NL)).status_code == 200
    assert (await say(door, apply, to=NL)).json()["facts"] == ["notice_applied"]
    problem(await say(door, approve, HEAD, to=CN), "wrong-calendar")


@pytest.mark.parametrize(
    ("path", "value", "code", "at"),
    [
        ("command", "fly", "unknown-command", "$.command"),
        ("command", "accept_item", "unknown-command", "$.command"),
        ("notice", None, "invalid-field", "$.notice"),
        ("notice", "", "invalid-field", "$.notice"),
        ("notice", "x\0", "invalid-field", "$.notice"),
        ("notice", "CN-2026", "invalid-field", "$.notice"),
        ("published", "tomorrow", "invalid-field", "$.published"),
        ("published", "1889-01-01", "invalid-field", "$.published"),
        ("covers_to", "2127-12-28", "invalid-field", "$.covers_to"),
        ("days", {"2027-01-01": 2}, "invalid-field", "$.days[...]"),
        ("days", {"2027-02-30": 0}, "invalid-field", "$.days"),
        ("days", {"9999-01-01": 0}, "invalid-field", "$.days.9999-01-01"),
        (
            "days",
            {f"{year}-01-{day:02}": 0 for year in range(2026, 2046) for day in range(1, 29)},
            "invalid-field",
            None,
        ),
        ("colour", "red", "invalid-field", "$.colour"),
        ("occurred_at", "2026-05-11T18:00:00", "invalid-field", "$.occurred_at"),
    ],
)
async def test_an_unreadable_command_is_refused_with_its_path(
    door: Door, path: str, value: Any, code: str, at: str | None
) -> None:
    refusal = problem(await say(door, changed(NOTICE, path, value)), code)
    assert at is None or refusal["path"] == at
    if code == "unknown-command":
        assert refusal["known"] == list(CALENDAR.by_tag)


async def test_author_and_key_are_checked(door: Door) -> None:
    body = json.encode(NOTICE)
    typed = {"Content-Type": "application/json"}
    problem(await door.client.post(f"{CN}/commands", content=body, headers=typed), "actor-missing")
    problem(await door.client.post(f"{CN}/commands", content=body, headers=typed | identity(BUREAU)), "key-missing")
    problem(await say(door, b"{"), "malformed-json")
    for path in ("notices", "history"):
        assert (await door.get(f"{CN}/{path}", None)).status_code == 200, "calendars are public"
        problem(await door.get(f"/v1/law/calendars/XX/{path}", BUREAU), "not-found")
    problem(await say(door, NOTICE, to="/v1/law/calendars/XX"), "not-found")


@pytest.mark.usefixtures("projector")
async def test_a_calendar_is_not_read_as_a_project(door: Door) -> None:
    notice = {**to_builtins(SUDDEN), "calendar": "TW", "notice": "TW-1"}
    response = await say(door, notice, to="/v1/law/calendars/TW")
    await door.get("/v1/progress", MANAGER, after=response.json()["position"])
    stream = stream_of("TW")

    for path in ("", "/history", "/history.ndjson", "/progress", "/feedback"):
        problem(await door.get(f"/v1/projects/{stream}{path}", MANAGER), "project-unknown")
    problem(await door.post(stream, REGISTER, MANAGER), "wrong-stream")


async def test_openapi_describes_every_command_to_a_calendar(door: Door) -> None:
    document: Body = (await door.get("/schema/openapi.json", None)).json()
    operation = document["paths"]["/v1/law/calendars/{name}/commands"]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    schema = {**content["schema"], "components": document["components"]}

    assert content["examples"].keys() == CALENDAR.by_tag.keys()
    assert {"409", "413", "415", "422"} <= operation["responses"].keys()
    assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}
    for example in body_examples(TO_CALENDARS.operation).values():
        Draft202012Validator(schema).validate(json.decode(json.encode(example["value"])))
    for path, name in (("notices", "Notices"), ("history", "CalendarHistory")):
        answer = (await door.get(f"{CN}/{path}", BUREAU)).json()
        reference = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(reference).validate(answer)
