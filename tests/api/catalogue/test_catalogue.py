"""Catalogues over HTTP: what is said to them, and what they hold on a day, as known at an instant."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from msgspec import json, structs, to_builtins

from api.commands.targets import TO_CATALOGUES
from api.openapi.law_schemas import body_examples
from domain.catalogue.listing import DecideOnline, DefineServiceItem, WithdrawServiceItem
from domain.catalogue.messages import CatalogueCommand
from domain.catalogue.publication import PublishCatalogue
from domain.catalogue.state import stream_of
from domain.core.ledger import Actor
from domain.examples.people import ENVIRONMENT, LAND
from domain.examples.zone import CATALOGUE_STORY, CONSULTATION, EIA, HEAD, LAND_PERMIT, ZONE_NAME
from domain.streams import CATALOGUE
from tests.api.client import REGISTER, Door, identity, problem
from tests.examples import APPLICANT, MANAGER

Body = dict[str, Any]
ZONE = f"/v1/catalogues/{ZONE_NAME}"
LATE = "2099-01-01T00:00:00+08:00"


async def fetch(door: Door, path: str, **params: Any) -> Body:
    response = await door.get(path, APPLICANT, **params)
    assert response.status_code == 200, response.text
    answer: Body = response.json()
    return answer


def codes(page: Body) -> list[str]:
    return [shown["service"]["task_code"] for shown in page["items"]]


@pytest_asyncio.fixture(scope="module")
async def posted(door: Door) -> list[httpx.Response]:
    """The example story, posted, and a second edition without the consultation and with a slower land permit."""
    slower = structs.replace(LAND_PERMIT, promise_day=12)
    further: tuple[CatalogueCommand, ...] = (
        DefineServiceItem(catalogue=ZONE_NAME, service=slower),
        WithdrawServiceItem(catalogue=ZONE_NAME, task_code="zone-01", reasons="并入入区评审"),
        PublishCatalogue(catalogue=ZONE_NAME, valid_from=date(2099, 1, 1), note="提前公布"),
        DefineServiceItem(catalogue=ZONE_NAME, service=structs.replace(CONSULTATION, task_code="zone-02")),
    )
    commands = [*((step.dated, step.by) for step in CATALOGUE_STORY), *((command, HEAD) for command in further)]
    return [await door.say(ZONE, command, by) for command, by in commands]


async def test_every_command_of_the_story_gets_a_receipt(posted: list[httpx.Response]) -> None:
    assert [answer.status_code for answer in posted] == [200] * len(posted)
    receipts = [answer.json() for answer in posted]
    assert [receipt["version"] for receipt in receipts] == list(range(1, len(posted) + 1))
    assert {receipt["name"] for receipt in receipts} == {ZONE_NAME}
    assert receipts[5]["facts"] == ["catalogue_published"]
    assert not any(receipt["repeated"] for receipt in receipts)


@pytest.mark.usefixtures("posted")
async def test_a_catalogue_shows_its_editions_and_its_draft(door: Door) -> None:
    listed = await fetch(door, "/v1/catalogues")
    row = {"name": ZONE_NAME, "version": 12, "editions": 2, "edition": 1, "items": 3, "draft_changed": True}
    assert row in listed["catalogues"]

    shown = await fetch(door, ZONE)
    assert shown["in_force"] == 1
    first, second = shown["editions"]
    assert (first["valid_from"], first["valid_to"], first["items"]) == ("2026-01-01", "2099-01-01", 3)
    assert (second["valid_from"], second["valid_to"], second["note"]) == ("2099-01-01", None, "提前公布")
    assert (first["by"]["id"], first["published_at"]) == (HEAD.id, "2026-01-05T02:00:00Z")
    assert shown["departments"] == [
        {"department": "environment", "name": "", "name_en": "", "items": 1, "online": 1},
        {"department": "natural-resources", "name": "", "name_en": "", "items": 1, "online": 0},
        {
            "department": "zone-office",
            "name": CONSULTATION.dept_name,
            "name_en": CONSULTATION.dept_name_en,
            "items": 1,
            "online": 1,
        },
    ]
    assert shown["draft"] == {"items": 3, "changed": True, "added": 1, "altered": 0, "withdrawn": []}


@pytest.mark.usefixtures("posted")
async def test_names_are_given_in_both_languages(door: Door) -> None:
    names = await fetch(door, "/v1/names")
    office = {"department": "zone-office", "name": CONSULTATION.dept_name, "name_en": CONSULTATION.dept_name_en}
    assert office in names["departments"]
    assert {"name": CONSULTATION.task_name, "name_en": CONSULTATION.task_name_en} in names["names"]
    assert EIA.task_name not in {name["name"] for name in names["names"]}  # it has no English one


@pytest.mark.usefixtures("posted")
async def test_the_edition_in_force_depends_on_the_day(door: Door) -> None:
    now = await fetch(door, f"{ZONE}/items")
    assert (now["edition"]["number"], codes(now)) == (1, ["environment-01", "land-01", "zone-01"])
    then = await fetch(door, f"{ZONE}/items", as_of="2099-01-01T00:00:00+08:00")
    assert (then["edition"]["number"], codes(then)) == (2, ["environment-01", "land-01"])
    assert {shown["difference"] for shown in then["items"]} == {"same", "changed"}
    before = await fetch(door, f"{ZONE}/items", as_of="2025-12-31T23:59:59+08:00")
    assert (before["edition"], before["items"], before["total"]) == (None, [], 0)
    named = await fetch(door, f"{ZONE}/items", edition=2)
    assert named["items"] == then["items"]
    draft = await fetch(door, f"{ZONE}/items", draft=True)
    assert (draft["edition"], codes(draft)) == (None, ["environment-01", "land-01", "zone-02"])
    unknown = await fetch(door, f"{ZONE}/items", known_at="2026-01-05T00:00:00Z")
    assert (unknown["edition"], unknown["items"]) == (None, []), "it was not known before it was recorded"


@pytest.mark.usefixtures("posted")
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"department": "environment"}, ["environment-01"]),
        ({"task_type": "public_service"}, ["zone-01"]),
        ({"pre_phase": True}, ["environment-01", "land-01"]),
        ({"pre_phase": False}, ["zone-01"]),
        ({"online": True}, ["environment-01", "zone-01"]),
        ({"online": False}, ["land-01"]),
        ({"online": False, "as_of": "2026-01-05T12:00:00+08:00"}, []),
        ({"text": "规划许可"}, ["land-01"]),
        ({"text": "影响评价法 ENVIRONMENT"}, ["environment-01"]),
        ({"text": "nothing"}, []),
        ({"limit": 2}, ["environment-01", "land-01"]),
    ],
)
async def test_items_are_filtered_and_paged(door: Door, params: Body, expected: list[str]) -> None:
    page = await fetch(door, f"{ZONE}/items", **params)
    assert codes(page) == expected
    if page["next"] is not None:
        assert params == {"limit": 2}
        last = await fetch(door, f"{ZONE}/items", **params, cursor=page["next"])
        assert (codes(last), last["next"], last["total"], page["total"]) == (["zone-01"], None, 3, 3)


@pytest.mark.usefixtures("posted")
async def test_an_item_shows_what_each_edition_changed_and_who_put_it_online(door: Door) -> None:
    land = await fetch(door, f"{ZONE}/item", code="land-01")
    assert (land["edition"], land["service"]["promise_day"], land["draft"]["promise_day"]) == (1, 8, 12)
    assert [
        (edition["edition"]["number"], edition["difference"], edition["fields"]) for edition in land["editions"]
    ] == [
        (1, "added", []),
        (2, "changed", ["promise_day"]),
    ]
    assert land["online"] is False
    (decision,) = land["decisions"]
    assert (decision["is_online"], decision["reasons"], decision["by"]["id"]) == (False, "需核对图纸原件", LAND.id)
    assert decision["decided_at"] == "2026-01-06T01:00:00Z"
    earlier = await fetch(door, f"{ZONE}/item", code="land-01", as_of="2026-01-05T12:00:00+08:00")
    assert (earlier["online"], earlier["decisions"]) == (True, [])

    withdrawn = await fetch(door, f"{ZONE}/item", code="zone-01")
    assert [edition["difference"] for edition in withdrawn["editions"]] == ["added", "withdrawn"]
    assert withdrawn["draft"] is None
    drafted = await fetch(door, f"{ZONE}/item", code="zone-02")
    assert (drafted["service"], drafted["editions"], drafted["online"]) == (None, [], True)
    problem(await door.get(f"{ZONE}/item", APPLICANT, code="zone-99"), "not-found")


@pytest.mark.usefixtures("posted")
async def test_a_catalogues_history_is_paged(door: Door) -> None:
    entries: list[Body] = []
    after: int | None = 0
    while after is not None:
        page = await fetch(door, f"{ZONE}/history", after_version=after, limit=4)
        entries += page["entries"]
        after = page["next"]
    assert [entry["version"] for entry in entries] == list(range(1, 13))
    assert entries[4]["fact"] == {
        "fact": "service_item_withdrawn",
        "catalogue": ZONE_NAME,
        "task_code": "zone-99",
        "reasons": "无设定依据的证明，予以取消",
    }


async def test_repeats_and_refusals_are_answered(door: Door) -> None:
    key, path = uuid4(), "/v1/catalogues/refusing"
    define = DefineServiceItem(catalogue="refusing", service=EIA)
    first = await door.say(path, define, ENVIRONMENT, key)
    again = await door.say(path, define, ENVIRONMENT, key)
    assert again.json() == {**first.json(), "repeated": True}
    problem(await door.say(path, structs.replace(define, service=LAND_PERMIT), ENVIRONMENT, key), "key-reused")
    problem(await door.say(path, define, HEAD), "service-item-unchanged")
    problem(
        await door.say(path, DefineServiceItem(catalogue="refusing", service=LAND_PERMIT), MANAGER), "access-denied"
    )
    problem(await door.say(ZONE, define, HEAD), "wrong-catalogue")
    hasty = DecideOnline(catalogue="refusing", task_code="environment-01", is_online=False)
    assert problem(await door.say(path, hasty, ENVIRONMENT), "reasons-missing")["article"] == "行政许可法 33"
    far = to_builtins(PublishCatalogue(catalogue="refusing", valid_from=date(2100, 1, 1)))
    assert problem(await door.say(path, far, HEAD), "invalid-field")["path"] == "$.valid_from"
    refusal = problem(await door.say(path, {"command": "accept_item"}, HEAD), "unknown-command")
    assert refusal["known"] == list(CATALOGUE.by_tag)
    problem(await door.say(path, define, None), "actor-missing")


@pytest.mark.usefixtures("posted")
async def test_what_is_not_there_or_not_readable_is_a_problem(door: Door) -> None:
    for path in ("", "/items", "/item?code=x", "/history"):
        assert (await door.client.get(f"{ZONE}{path}")).status_code in (200, 404), "catalogues are public"
        problem(await door.get(f"/v1/catalogues/none{path}", MANAGER), "not-found")
    problem(await door.get(f"{ZONE}/items", MANAGER, edition=3), "not-found")
    problem(await door.get(f"{ZONE}/items", MANAGER, as_of="2026-01-05T12:00:00"), "invalid-parameter")
    song = problem(await door.get(f"{ZONE}/items", MANAGER, task_type="song"), "invalid-parameter")
    assert song["remedy"].startswith("one of: licence, penalty, ")
    day = problem(await door.get(f"{ZONE}/items", MANAGER, as_of="2026-01-05"), "invalid-parameter")
    assert "2026-03-02T09:00:00Z" in day["remedy"]
    problem(await door.get(f"{ZONE}/item", MANAGER), "bad-request")
    problem(await door.get(f"/v1/projects/{stream_of(ZONE_NAME)}", MANAGER), "project-unknown")
    problem(await door.post(stream_of(ZONE_NAME), REGISTER, MANAGER), "wrong-stream")


@pytest.mark.usefixtures("posted")
async def test_openapi_describes_every_command_and_answer(door: Door) -> None:
    document: Body = (await door.get("/schema/openapi.json", None)).json()
    operation = document["paths"]["/v1/catalogues/{name}/commands"]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    schema = {**content["schema"], "components": document["components"]}
    assert content["examples"].keys() == CATALOGUE.by_tag.keys()
    assert {"409", "413", "415", "422"} <= operation["responses"].keys()
    for example in body_examples(TO_CATALOGUES.operation).values():
        Draft202012Validator(schema).validate(json.decode(json.encode(example["value"])))
    for path, name in (
        ("/v1/catalogues", "CatalogueList"),
        (ZONE, "ShownCatalogue"),
        (f"{ZONE}/items", "ServicePage"),
        (f"{ZONE}/item?code=land-01", "ServiceHistory"),
        (f"{ZONE}/history", "StreamHistory"),
    ):
        reference = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(reference).validate((await door.get(path, MANAGER)).json())


async def test_a_departments_intake_hours_move_the_clocks_of_its_items(door: Door) -> None:
    """Received on Friday at half past five, where the office closes at five: day 0 is Monday."""
    office, path = Actor("li", "hours-office"), "/v1/catalogues/hours-zone"
    publish = {
        "command": "set_intake_hours",
        "catalogue": "hours-zone",
        "department": "hours-office",
        "hours": {"close_of_business": "17:00", "intake_shift": "next_working_day"},
        "valid_from": "2026-01-01",
        "published": "综合窗口公告",
    }
    problem(await door.say(path, publish, ENVIRONMENT), "access-denied")
    problem(await door.say(path, {**publish, "hours": {"close_of_business": "25:00"}}, office), "invalid-field")
    assert (await door.say(path, publish, office)).json()["facts"] == ["intake_hours_set"]
    problem(await door.say(path, publish, office), "hours-unchanged")
    (shown,) = (await fetch(door, path))["hours"]
    assert (shown["department"], shown["hours"], shown["in_force"]) == ("hours-office", publish["hours"], True)

    project = uuid4()
    await door.done(project, {**REGISTER, "items": [{"item": "permit", "department": "hours-office"}]})
    friday = {"command": "submit_item", "item": "permit", "occurred_at": "2026-03-06T17:30:00+08:00"}
    await door.done(project, friday, MANAGER)
    (item,) = (await fetch(door, f"/v1/projects/{project}/clocks", as_of="2026-03-10T09:00:00+08:00", known_at=LATE))[
        "items"
    ]
    intake = item["clocks"][0]
    assert (intake["start_on"], intake["due_on"]) == ("2026-03-09", "2026-03-16")


@pytest.mark.usefixtures("posted")
async def test_a_catalogue_that_did_not_change_is_not_sent_again(door: Door) -> None:
    """Though each answer names the instant of its request."""
    for path in (ZONE, f"{ZONE}/items"):
        first, second = await door.get(path), await door.get(path)
        assert first.json()["as_of"] != second.json()["as_of"]
        assert first.headers["etag"].startswith("W/")
        headers = {**identity(MANAGER), "If-None-Match": first.headers["etag"]}
        again = await door.client.get(path, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        past = await door.client.get(path, params={"as_of": "2026-01-05T12:00:00+08:00"}, headers=headers)
        assert past.status_code == 200
