"""The views over HTTP: filters, pages, the audit trail, and reading one's own write."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.core.case_number import is_case_number
from domain.core.ledger import Actor, Role
from domain.examples.story import BUREAU, LAND
from infrastructure.projector.positions import Views
from infrastructure.projector.projector import Projector
from projections.registry import VIEWS
from tests.api.client import REGISTER, Door, problem
from tests.examples import APPLICANT, USCC

pytestmark = pytest.mark.usefixtures("projector")


async def listed(door: Door, **params: Any) -> list[str]:
    """The names of the projects in the progress table."""
    answer = await door.get("/v1/progress", **params)
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["projects"]]


async def registered(door: Door, name: str, manager: str = "wang", **more: Any) -> tuple[UUID, int]:
    """A project of that name, and the position that has it."""
    project = uuid4()
    receipt = await door.done(project, {**REGISTER, "name": name, "manager": manager, **more})
    return project, receipt["position"]


async def test_ones_own_write_is_read_after_its_position(door: Door) -> None:
    project, position = await registered(door, "own write")
    for _ in range(5):
        receipt = await door.done(project, {"command": "note_step", "activity": "x"})
        answer = (await door.get(f"/v1/projects/{project}/progress", after=receipt["position"])).json()
        assert answer["position"] >= receipt["position"] > position
        assert [(row["item"], row["stage"]) for row in answer["items"]] == [
            ("land", "not_started"),
            ("site-plan", "not_started"),
        ]


async def test_the_progress_table_has_filters(door: Door) -> None:
    await registered(door, "filter one", "filter-a", enterprise={"name": "100% Blue_Sky"}, code="F-1")
    second, _ = await registered(door, "filter two", "filter-b", items=[{"item": "x", "department": "harbour"}])
    receipt = await door.done(second, {"command": "submit_item", "item": "x"}, APPLICANT)
    after = receipt["position"]

    assert await listed(door, after=after, manager="filter-a") == ["filter one"]
    assert await listed(door, after=after, department="harbour") == ["filter two"]
    assert await listed(door, after=after, department="harbour", stage="submitted") == ["filter two"]
    assert await listed(door, after=after, department="harbour", stage="completed") == []
    assert await listed(door, after=after, waiting_on="harbour") == ["filter two"]
    assert await listed(door, after=after, waiting_on="applicant", manager="filter-a") == ["filter one"]
    assert await listed(door, after=after, text="blue_sky") == ["filter one"]
    assert await listed(door, after=after, text="100%") == ["filter one"]
    assert await listed(door, after=after, text="F-1") == ["filter one"]
    assert await listed(door, after=after, text="%") == ["filter one"]
    assert await listed(door, after=after, manager="filter-a", changed_since="2000-01-01T00:00:00+08:00") != []
    assert await listed(door, after=after, manager="filter-a", changed_since="2099-01-01T00:00:00Z") == []


async def test_a_case_number_leads_to_its_project_also_after_the_next_application(door: Door) -> None:
    project, _ = await registered(door, "numbered", items=[{"item": "x", "department": "land"}])
    numbers = []
    for command, by in (
        ({"command": "submit_item", "item": "x"}, APPLICANT),
        ({"command": "withdraw_item", "item": "x"}, APPLICANT),
        ({"command": "submit_item", "item": "x"}, APPLICANT),
    ):
        receipt = await door.done(project, command, by)
        item = (await door.get(f"/v1/projects/{project}/progress", after=receipt["position"])).json()["items"][0]
        numbers.append(item["case_number"])
    first, withdrawn, second = numbers
    assert first == withdrawn != second
    assert is_case_number(first)
    assert is_case_number(second)
    assert (await door.get(f"/v1/projects/{project}")).json()["items"][0]["case_number"] == second
    known = (await door.get(f"/v1/projects/{project}/history")).json()["entries"][-1]["recorded_at"]
    await door.done(project, {"command": "note_step", "activity": "x"})
    for number in (first, second):
        assert await listed(door, text=f" {number.lower()}") == ["numbered"]
        assert await listed(door, text=number, known_at=known) == ["numbered"]
    assert await listed(door, text="BDA2026-999999-0") == []


async def test_pages_together_are_the_whole(door: Door) -> None:
    positions = [(await registered(door, f"page {n}", "pager"))[1] for n in range(7)]
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await door.get("/v1/progress", after=positions[-1], manager="pager", limit=3, cursor=cursor)).json()
        names += [row["name"] for row in page["projects"]]
        cursor = page["next"]
    assert names == [f"page {n}" for n in reversed(range(7))]


async def test_what_was_said_has_an_audit_trail(door: Door) -> None:
    project = uuid4()
    after = (await door.send_story(project))["position"]

    feedback = (await door.get(f"/v1/projects/{project}/feedback", BUREAU, after=after)).json()
    complaints = {row["complaint"]: row for row in feedback["complaints"]}
    assert {number: row["state"] for number, row in complaints.items()} == {
        "TS-2026-0007": "closed",
        "TS-2026-0012": "closed",
        "TS-2026-0013": "declined",
        "TS-2026-0014": "withdrawn",
    }
    assert [step["step"] for step in feedback["steps"] if step["subject"] == "TS-2026-0007"] == [
        "complaint_filed",
        "complaint_answered",
        "complaint_closed",
    ]
    assert all(step["recorded_at"] and bool(step["command"]) == bool(step["by"]) for step in feedback["steps"])
    assert all(step["by"] for step in feedback["steps"] if step["subject"] == "TS-2026-0007")
    everywhere = (await door.get("/v1/feedback/complaints", department=LAND.department, after=after)).json()[
        "complaints"
    ]
    assert complaints["TS-2026-0007"] in everywhere
    assert (await door.get("/v1/feedback/complaints", department="nobody", after=after)).json()["complaints"] == []
    assert (await door.get("/v1/feedback/evaluations", limit=1, after=after)).status_code == 200


async def test_an_evaluation_is_listed_with_its_department(door: Door) -> None:
    project, _ = await registered(door, "evaluated", items=[{"item": "x", "department": "museum"}])
    await door.done(project, {"command": "submit_item", "item": "x"}, APPLICANT)
    receipt = await door.done(project, {"command": "evaluate_service", "item": "x", "grade": "satisfied"}, APPLICANT)
    listed = (await door.get("/v1/feedback/evaluations", department="museum", after=receipt["position"])).json()
    assert [(row["grade"], row["bad"]) for row in listed["evaluations"]] == [("satisfied", False)]


async def test_who_closed_an_anonymous_complaint_is_hidden_from_the_department(door: Door) -> None:
    project, _ = await registered(door, "anonymous")
    secret = Actor("somebody-secret", USCC, Role.APPLICANT)
    about = {"command": "file_complaint", "complaint": "c1", "item": "land", "about": "slow", "anonymous": True}
    await door.done(project, about, secret)
    await door.done(project, {"command": "answer_complaint", "complaint": "c1", "answer": "so", "upheld": True}, BUREAU)
    receipt = await door.done(project, {"command": "close_complaint", "complaint": "c1"}, secret)
    for path in (
        f"/v1/projects/{project}/feedback",
        f"/v1/projects/{project}/progress",
        "/v1/feedback/complaints",
        "/v1/progress",
    ):
        assert secret.id not in (await door.get(path, LAND, after=receipt["position"])).text
    assert secret.id not in (await door.get("/v1/progress", BUREAU)).text
    assert secret.id in (await door.get(f"/v1/projects/{project}/history", BUREAU)).text


async def test_the_summary_counts(door: Door) -> None:
    before = (await door.get("/v1/progress/summary")).json()
    _, position = await registered(door, "counted")
    counted = (await door.get("/v1/progress/summary", after=position)).json()
    assert counted["projects"] >= before["projects"] + 1
    assert counted["items"] >= before["items"] + 2


async def test_a_view_that_is_behind_says_so(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(_: Views) -> int:
        return 0

    _, position = await registered(door, "behind")
    monkeypatch.setattr("infrastructure.projector.positions.Views.catch_up.__defaults__", (0.05,))
    monkeypatch.setattr(Views, "reached", nowhere)
    answer = await door.get("/v1/progress", after=position)
    problem(answer, "behind")
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize("path", ["progress", "feedback"])
async def test_the_progress_of_an_unknown_project_is_a_problem(door: Door, path: str) -> None:
    problem(await door.get(f"/v1/projects/{uuid4()}/{path}"), "project-unknown")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("after=-1", "after"),
        (f"after={2**63}", "after"),
        (f"after={10**40}", "after"),
        ("limit=501", "limit"),
        ("limit=-1", "limit"),
        ("stage=asleep", "stage"),
        ("manager=a%00b", "manager"),
        ("text=%00", "text"),
        ("waiting_on=" + "x" * 65, "waiting_on"),
        ("text=" + "x" * 201, "text"),
        ("changed_since=yesterday", "changed_since"),
        ("changed_since=2026-03-02T09:00:00", "changed_since"),
        ("changed_since=2026-03-02T09:00:00+08:00", "changed_since"),
        ("changed_since=0001-01-01T00:00:00%2B14:00", "changed_since"),
        ("changed_since=9999-12-31T23:59:59-14:00", "changed_since"),
    ],
)
async def test_a_parameter_that_holds_what_it_cannot_is_named(door: Door, query: str, parameter: str) -> None:
    complaints = problem(await door.get(f"/v1/progress?{query}"), "invalid-parameter")
    assert complaints["parameter"] == parameter


@pytest.mark.parametrize(
    "query", ["manager=%FF", "text=%ED%A0%80", "text=%25%5C_", "manager=a&manager=b", "colour=red"]
)
async def test_odd_queries_are_answered(door: Door, query: str) -> None:
    assert (await door.get(f"/v1/progress?{query}")).status_code in (200, 400)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/progress",
        "/v1/progress/summary",
        "/v1/feedback/complaints",
        "/v1/feedback/evaluations",
        f"/v1/projects/{UUID(int=7)}/progress",
    ],
)
async def test_the_views_ask_who_reads(door: Door, path: str) -> None:
    problem(await door.get(path, None), "actor-missing")


async def test_ready_means_database_migrations_and_views(door: Door, projector: Projector) -> None:
    project, position = await registered(door, "ready")
    await door.get(f"/projects/{project}/progress", after=position)  # every view is made, and follows
    ready = (await door.get("/readyz", None)).json()
    assert ready["status"] == "ready"
    assert ready["position"] >= 1
    assert {view["view"] for view in ready["views"]} == {view.name for view in VIEWS}
    assert projector.is_leader
    assert (await door.get("/healthz", None)).json() == {"status": "alive"}
