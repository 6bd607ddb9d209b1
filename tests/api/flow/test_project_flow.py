"""A project in its flow over HTTP: its state, on any day as known on any other, and what a move would do."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from msgspec import structs

from domain.core.ledger import Actor
from domain.core.types import Outcome
from domain.examples.people import LAND, moment
from domain.examples.zone import CATALOGUE_STORY, FIRST_FLOW, FLOW_NAME, FLOW_STORY, ZONE_NAME
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import AmendEntry
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.flow.adoption import MoveFlow, StartFlow
from tests.api.client import REGISTER, Door, problem
from tests.examples import APPLICANT, BUREAU, MANAGER, USCC

Body = dict[str, Any]
OFFICE = Actor("lin", "zone-office")


async def flow_of(door: Door, project: UUID, path: str = "/flow", **params: Any) -> Body:
    response = await door.get(f"/v1/projects/{project}{path}", APPLICANT, **params)
    assert response.status_code == 200, response.text
    answer: Body = response.json()
    return answer


def at(day: str) -> str:
    return f"2026-{day}:00+08:00"


@pytest_asyncio.fixture(scope="module")
async def flow(door: Door) -> None:
    """The example catalogue and flow; a third edition of the flow has no consultation."""
    without = structs.replace(FLOW_STORY[1].command, steps=(structs.replace(FIRST_FLOW.steps[1], requires=()),))
    for path, step in (
        *((f"/v1/catalogues/{ZONE_NAME}", step) for step in CATALOGUE_STORY),
        *((f"/v1/flows/{FLOW_NAME}", step) for step in FLOW_STORY),
        (f"/v1/flows/{FLOW_NAME}", structs.replace(FLOW_STORY[1], command=without)),
    ):
        assert (await door.say(path, step.dated, step.by)).status_code == 200


async def begin(door: Door, *further: tuple[str, Actor, AnyCommand]) -> UUID:
    """A project that runs by the first edition, and commands to it at local times."""
    project = uuid4()
    registration = RegisterProject(name="研发楼", enterprise=Enterprise("恒信新材料有限公司", USCC), manager="wang")
    start = StartFlow(flow=FLOW_NAME, kind="manufacturing", edition=1)
    first: list[tuple[str, Actor, AnyCommand]] = [
        ("03-03 09:00", MANAGER, registration),
        ("03-03 09:30", MANAGER, start),
    ]
    for day, by, command in (*first, *further):
        await door.done(project, structs.replace(command, occurred_at=moment(f"2026-{day}")), by)
    return project


@pytest.mark.usefixtures("flow")
async def test_phases_and_steps_stand_as_they_did_on_the_day(door: Door) -> None:
    granted = CompleteItem(item="consultation", outcome=Outcome.GRANTED)
    story = (
        ("03-09 09:00", APPLICANT, SubmitItem(item="consultation")),
        ("03-09 10:00", OFFICE, AcceptItem(item="consultation")),
        ("03-10 09:00", OFFICE, granted),
        ("03-11 09:00", LAND, SubmitItem(item="land-permit")),
    )
    project = await begin(door, *story)
    now = {"known_at": "2099-01-01T00:00:00Z"}

    before = await flow_of(door, project, as_of=at("03-04T09:00"), **now)
    assert (before["flow"], before["edition"], before["kind"]) == (FLOW_NAME, 1, "manufacturing")
    assert [(step["item"], step["state"], step["blocked_by"]) for step in before["steps"]] == [
        ("consultation", "startable", []),
        ("land-permit", "blocked", [["consultation"]]),
    ]
    assert {phase["state"] for phase in before["phases"]} == {"not_begun"}

    during = await flow_of(door, project, as_of=at("03-12T09:00"), **now)
    assert [(step["state"], step["milestone"]) for step in during["steps"]] == [("done", False), ("open", True)]
    access, construction = during["phases"]
    assert (access["state"], access["done"], access["steps"], access["used_days"]) == ("done", 1, 1, 1)
    assert (construction["state"], construction["limit_days"], construction["used_days"]) == ("running", 30, 1)
    assert (construction["due_on"], construction["late"]) == ("2026-04-23", False)
    assert (await flow_of(door, project, as_of=at("06-01T09:00"), **now))["phases"][1]["late"] is True

    unknown = await flow_of(door, project, as_of=at("03-12T09:00"))
    assert (unknown["flow"], unknown["steps"], unknown["phases"]) == ("", [], []), "it was told later than that"


@pytest.mark.usefixtures("flow", "projector")
async def test_progress_is_shown_as_of_any_day_as_known_on_any_other(door: Door) -> None:
    project = await begin(door, ("03-09 09:00", APPLICANT, SubmitItem(item="consultation")))
    (submitted,) = [
        entry
        for entry in (await flow_of(door, project, "/history"))["entries"]
        if entry["fact"]["fact"] == "item_submitted"
    ]
    amend = AmendEntry(version=submitted["version"], new_occurred_at=moment("2026-03-05 09:00"), reasons="窗口收件日")
    receipt = await door.done(project, amend, BUREAU)

    def stages(progress: Body) -> list[tuple[str, str | None]]:
        return [(item["stage"], item["submitted_at"]) for item in progress["items"]]

    corrected = [("submitted", "2026-03-05T01:00:00Z"), ("not_started", None)]
    now = await flow_of(door, project, "/progress", after=receipt["position"])
    assert stages(now) == corrected
    late = {"known_at": "2099-01-01T00:00:00Z"}
    assert stages(await flow_of(door, project, "/progress", as_of=at("03-06T09:00"), **late)) == corrected
    assert (
        stages(await flow_of(door, project, "/progress", as_of=at("03-04T09:00"), **late))
        == [("not_started", None)] * 2
    )
    before = await flow_of(door, project, "/progress", as_of=at("03-09T10:00"), known_at=submitted["recorded_at"])
    assert stages(before) == [("submitted", "2026-03-09T01:00:00Z"), ("not_started", None)]
    assert (
        stages(await flow_of(door, project, "/progress", as_of=at("03-06T09:00"), known_at=submitted["recorded_at"]))
        == [("not_started", None)] * 2
    )
    assert (await flow_of(door, project, "/progress", as_of=at("03-01T09:00"), **late))["items"] == []


@pytest.mark.usefixtures("flow", "projector")
async def test_projects_are_found_by_phase_kind_department_and_holder_together(door: Door) -> None:
    project = await begin(door, ("03-09 09:00", APPLICANT, SubmitItem(item="consultation")))
    after = (await door.done(project, {"command": "note_step", "activity": "x"}))["position"]
    row, *_ = (await flow_of(door, project, "/progress", after=after))["items"]
    query = {"phase": "access", "kind": "manufacturing", "department": row["department"], "waiting_on": row["holder"]}

    async def listed(**params: Any) -> list[str]:
        answer = await door.get("/v1/progress", after=after, **params)
        return [project["project"] for project in answer.json()["projects"]]

    assert str(project) in await listed(**query)
    for name in query:
        assert str(project) not in await listed(**query | {name: "another"}), name


@pytest.mark.usefixtures("flow")
async def test_a_move_is_previewed_and_then_does_just_that(door: Door) -> None:
    project = await begin(door)
    preview = await flow_of(door, project, "/flow/move", edition=2)
    assert (preview["from_edition"], preview["edition"], preview["kind"]) == (1, 2, "manufacturing")
    assert (preview["kept"], preview["dropped"], preview["lost"]) == (["consultation"], [], [])
    assert [plan["item"] for plan in preview["added"]] == ["eia"]
    assert [(plan["item"], plan["requires_any"]) for plan in preview["changed"]] == [
        ("land-permit", [["eia", "consultation"]])
    ]
    assert (preview["possible"], preview["code"]) == (True, "")
    assert [step["item"] for step in (await flow_of(door, project))["steps"]] == ["consultation", "land-permit"]

    receipt = await door.done(project, MoveFlow(edition=2))
    assert receipt["facts"] == ["item_replanned", "item_planned", "flow_moved"]
    assert {step["item"] for step in (await flow_of(door, project))["steps"]} == {"consultation", "land-permit", "eia"}
    research = await flow_of(door, project, "/flow/move", edition=2, kind="research")
    assert (research["dropped"], research["possible"]) == (["eia"], True)


@pytest.mark.usefixtures("flow", "projector")
async def test_a_flow_lists_its_projects_by_edition_at_any_instant(door: Door) -> None:
    staying, moving = await begin(door), await begin(door)
    move = MoveFlow(edition=2, kind="research", occurred_at=moment("2026-03-10 09:00"))
    position = (await door.done(moving, move))["position"]
    mine = {str(staying), str(moving)}

    async def running(**params: Any) -> dict[str, tuple[int, str]]:
        response = await door.get(f"/v1/flows/{FLOW_NAME}/projects", APPLICANT, after=position, limit=500, **params)
        assert response.status_code == 200, response.text
        page = response.json()
        if not params.keys() - {"as_of"}:
            assert sum(count["projects"] for count in page["counts"]) == len(page["projects"])
        rows = {row["project"]: (row["edition"], row["kind"]) for row in page["projects"]}
        return {project: row for project, row in rows.items() if project in mine}

    assert await running() == {str(staying): (1, "manufacturing"), str(moving): (2, "research")}
    assert await running(as_of=at("03-09T09:00")) == dict.fromkeys(mine, (1, "manufacturing"))
    assert await running(as_of=at("03-03T09:29")) == {}
    assert await running(edition=2) == await running(kind="research") == {str(moving): (2, "research")}
    first = (await door.get(f"/v1/flows/{FLOW_NAME}/projects", APPLICANT, limit=1)).json()
    assert (len(first["projects"]), bool(first["next"])) == (1, True)
    assert first["projects"][0]["name"] == "研发楼"
    problem(await door.get("/v1/flows/none/projects"), "not-found")
    problem(await door.get(f"/v1/flows/{FLOW_NAME}/projects", None), "actor-missing")


@pytest.mark.usefixtures("flow")
async def test_a_move_that_is_impossible_says_why(door: Door) -> None:
    project = await begin(door, ("03-09 09:00", APPLICANT, SubmitItem(item="consultation")))
    lost = await flow_of(door, project, "/flow/move")
    assert (lost["edition"], lost["lost"], lost["possible"], lost["code"]) == (
        3,
        ["consultation"],
        False,
        "flow-move-loses",
    )
    assert "consultation" in lost["because"]
    assert lost["remedy"]
    refusal = problem(await door.post(project, MoveFlow(), MANAGER), "flow-move-loses")
    assert (refusal["detail"], refusal["remedy"]) == (lost["because"], lost["remedy"])
    unmoved = await flow_of(door, project, "/flow/move", edition=1)
    assert (unmoved["possible"], unmoved["code"], unmoved["changed"]) == (False, "flow-unmoved", [])


@pytest.mark.usefixtures("flow")
async def test_an_unanswerable_question_is_a_problem(door: Door) -> None:
    project, by_hand = await begin(door), uuid4()
    await door.done(by_hand, REGISTER)
    problem(await door.get(f"/v1/projects/{by_hand}/flow/move"), "no-flow")
    assert [step["state"] for step in (await flow_of(door, by_hand))["steps"]] == ["startable", "blocked"]
    for path in ("flow", "flow/move"):
        problem(await door.get(f"/v1/projects/{uuid4()}/{path}"), "project-unknown")
        problem(await door.get(f"/v1/projects/{project}/{path}", None), "actor-missing")
    problem(await door.get(f"/v1/projects/{project}/flow/move", edition=9), "unknown-edition")
    problem(await door.get(f"/v1/projects/{project}/flow/move", edition=-1), "invalid-parameter")
    problem(await door.get(f"/v1/projects/{project}/flow/move", kind="castle"), "unknown-kind")
    problem(await door.get(f"/v1/projects/{project}/flow", as_of="2026-03-04T09:00:00"), "invalid-parameter")
    problem(await door.get(f"/v1/projects/{project}/progress", known_at="1800-03-04T09:00:00Z"), "invalid-parameter")


@pytest.mark.usefixtures("flow")
async def test_the_answers_fit_the_document(door: Door) -> None:
    document: Body = (await door.get("/schema/openapi.json", None)).json()
    project = await begin(door, ("03-09 09:00", APPLICANT, SubmitItem(item="consultation")))
    for path, name in (("/flow", "ProjectFlow"), ("/flow/move?edition=2", "ShownMove")):
        reference = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(reference).validate(await flow_of(door, project, path))
