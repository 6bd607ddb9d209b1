"""Flows over HTTP: published, shown as graphs of steps with names and departments, and refused with the circle."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from msgspec import json, structs

from api.commands.targets import TO_FLOWS
from api.openapi.law_schemas import body_examples
from domain.catalogue.listing import DefineServiceItem, WithdrawServiceItem
from domain.catalogue.publication import PublishCatalogue
from domain.examples.zone import (
    CATALOGUE_STORY,
    CONSULTATION,
    FIRST_FLOW,
    FLOW_NAME,
    FLOW_STORY,
    HEAD,
    LAND_PERMIT,
    ZONE_NAME,
)
from domain.flow.step import FlowStep
from domain.streams import FLOW
from tests.api.client import Door, problem
from tests.examples import APPLICANT, MANAGER

Body = dict[str, Any]
ZONE, PATH = f"/v1/catalogues/{ZONE_NAME}", f"/v1/flows/{FLOW_NAME}"
LATER = "2099-01-01T09:00:00+08:00"


async def fetch(door: Door, path: str, **params: Any) -> Body:
    response = await door.get(path, APPLICANT, **params)
    assert response.status_code == 200, response.text
    answer: Body = response.json()
    return answer


@pytest_asyncio.fixture(scope="module")
async def posted(door: Door) -> list[Body]:
    """The example stories, posted; from 2099 on the catalogue calls the land permit otherwise, and has no eia."""
    for step in CATALOGUE_STORY:
        assert (await door.say(ZONE, step.dated, step.by)).status_code == 200
    receipts = [(await door.say(PATH, step.dated, step.by)).json() for step in FLOW_STORY]
    renamed = structs.replace(LAND_PERMIT, task_name="用地规划许可", dept_code="planning")
    for command in (
        DefineServiceItem(catalogue=ZONE_NAME, service=renamed),
        WithdrawServiceItem(catalogue=ZONE_NAME, task_code="environment-01", reasons="下放至市级"),
        PublishCatalogue(catalogue=ZONE_NAME, valid_from=date(2099, 1, 1)),
    ):
        assert (await door.say(ZONE, command, HEAD)).status_code == 200
    return receipts


async def test_editions_are_published_with_a_receipt_each_and_listed(door: Door, posted: list[Body]) -> None:
    assert [(receipt["version"], receipt["facts"]) for receipt in posted] == [
        (1, ["flow_published"]),
        (2, ["flow_published"]),
    ]
    (listed,) = (await fetch(door, "/v1/flows"))["flows"]
    assert listed == {
        "name": FLOW_NAME,
        "editions": 2,
        "catalogue": ZONE_NAME,
        "kinds": ["manufacturing", "research"],
        "phases": 2,
        "steps": 3,
    }
    first, second = (await fetch(door, PATH))["editions"]
    assert (first["edition"], first["steps"], first["catalogue_edition"], first["note"]) == (1, 2, 1, "")
    assert (second["published_at"], second["by"]["id"]) == ("2026-03-02T01:00:00Z", HEAD.id)
    history = await fetch(door, f"{PATH}/history", limit=1)
    assert (history["entries"][0]["fact"]["fact"], history["next"]) == ("flow_published", 1)
    assert (await fetch(door, f"{PATH}/history", after_version=1))["next"] is None


@pytest.mark.usefixtures("posted")
async def test_an_edition_is_a_graph_of_steps_with_names_and_departments(door: Door) -> None:
    graph = await fetch(door, f"{PATH}/editions/2")
    assert (graph["edition"], graph["resolved_by"], graph["kind"]) == (2, 1, "")
    assert [(step["step"], step["name"], step["department"], step["listed"]) for step in graph["steps"]] == [
        ("consultation", "投资项目首次咨询", "zone-office", True),
        ("eia", "建设项目环境影响报告表审批", "environment", True),
        ("land-permit", "建设用地规划许可证核发", "natural-resources", True),
    ]
    assert graph["edges"] == [
        {"before": "consultation", "step": "land-permit", "any_of": None},
        {"before": "eia", "step": "land-permit", "any_of": 2},
        {"before": "consultation", "step": "land-permit", "any_of": 2},
    ]
    assert [(phase["code"], phase["limit_days"], phase["steps"]) for phase in graph["phases"]] == [
        ("access", 15, ["consultation", "eia"]),
        ("construction", 30, ["land-permit"]),
    ]
    consultation = graph["steps"][0]
    assert consultation["name_en"] == CONSULTATION.task_name_en
    assert consultation["department_name_en"] == CONSULTATION.dept_name_en
    assert [phase["name_en"] for phase in graph["phases"]] == ["Entry and project initiation", "Construction"]
    permit = graph["steps"][2]
    assert (permit["milestone"], permit["promise_day"], permit["online"]) == (True, 8, False)
    assert graph == {**await fetch(door, f"{PATH}/editions/0"), "as_of": graph["as_of"]}


@pytest.mark.usefixtures("posted")
async def test_a_kind_of_project_has_its_own_graph(door: Door) -> None:
    graph = await fetch(door, f"{PATH}/editions/2", kind="research")
    assert [step["step"] for step in graph["steps"]] == ["consultation", "land-permit"]
    assert {edge["before"] for edge in graph["edges"]} == {"consultation"}
    assert graph["steps"][1]["requires_any"] == []
    assert graph["phases"][0]["steps"] == ["consultation"]


@pytest.mark.usefixtures("posted")
async def test_steps_are_named_as_in_the_catalogue_of_the_day(door: Door) -> None:
    graph = await fetch(door, f"{PATH}/editions/2", as_of=LATER)
    assert (graph["resolved_by"], graph["catalogue_edition"]) == (2, 1)
    steps = {step["step"]: (step["name"], step["department"], step["listed"]) for step in graph["steps"]}
    assert steps["land-permit"] == ("用地规划许可", "planning", True)
    assert steps["eia"] == ("建设项目环境影响报告表审批", "environment", False)


@pytest.mark.usefixtures("posted")
async def test_what_can_not_be_followed_is_refused_with_its_circle(door: Door) -> None:
    consultation, permit = FIRST_FLOW.steps
    path = "/v1/flows/circular"
    flow = structs.replace(FIRST_FLOW, flow="circular", occurred_at=CATALOGUE_STORY[-1].at)
    circular = structs.replace(flow, steps=(structs.replace(consultation, requires=("land-permit",)), permit))
    refusal = problem(await door.say(path, circular, HEAD), "precondition-circle")
    assert refusal["circle"] == ["consultation", "land-permit", "consultation"]
    unknown = structs.replace(flow, steps=(FlowStep(step="moon", item="moon-01", phase="access"),))
    assert problem(await door.say(path, unknown, HEAD), "unknown-service-item")["items"] == ["moon-01"]
    problem(await door.say(path, flow, MANAGER), "access-denied")
    problem(await door.say(PATH, flow, HEAD), "wrong-flow")
    problem(await door.say(path, {"command": "start_flow", "flow": "circular", "kind": "x"}, HEAD), "unknown-command")

    key = uuid4()
    first = await door.say(path, flow, HEAD, key)
    assert first.status_code == 200
    assert (await door.say(path, flow, HEAD, key)).json() == {**first.json(), "repeated": True}
    problem(await door.say(path, flow, HEAD), "nothing-to-publish")


@pytest.mark.usefixtures("posted")
async def test_what_is_not_there_or_not_readable_is_a_problem(door: Door) -> None:
    for path in ("", "/editions/1", "/history"):
        assert (await door.client.get(f"{PATH}{path}")).status_code == 200, "flows are public"
        problem(await door.get(f"/v1/flows/none{path}", MANAGER), "not-found")
    for number in ("3", "-1", "99999999999999999999", "first"):
        problem(await door.get(f"{PATH}/editions/{number}", MANAGER), "not-found")
    refusal = problem(await door.get(f"{PATH}/editions/1", MANAGER, kind="castle"), "invalid-parameter")
    assert refusal["remedy"] == "it is for: manufacturing, research"


@pytest.mark.long
@pytest.mark.usefixtures("posted")
async def test_openapi_describes_the_command_and_the_answers(door: Door) -> None:
    document: Body = (await door.get("/schema/openapi.json", None)).json()
    operation = document["paths"]["/v1/flows/{name}/commands"]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    schema = {**content["schema"], "components": document["components"]}
    assert content["examples"].keys() == FLOW.by_tag.keys()
    for example in body_examples(TO_FLOWS.operation).values():
        Draft202012Validator(schema).validate(json.decode(json.encode(example["value"])))
    for path, name in (("/v1/flows", "FlowList"), (PATH, "ShownFlow"), (f"{PATH}/editions/2", "FlowGraph")):
        reference = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(reference).validate((await door.get(path, MANAGER)).json())
