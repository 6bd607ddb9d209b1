"""Questions about complaints and evaluations that are not answered in full: few opinions, bad filters, strangers."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from domain.core.ledger import Actor, Role
from tests.api.client import REGISTER, Door, problem
from tests.api.feedback.test_feedback import fetch
from tests.examples import APPLICANT, BUREAU, LAND, LEADER, MANAGER

pytestmark = pytest.mark.usefixtures("projector")


async def graded(door: Door, department: str, *grades: str) -> int:
    """As many applicants as *grades* evaluate what *department* did; the position that has it all."""
    for grade in grades:
        project = uuid4()
        await door.done(project, {**REGISTER, "items": [{"item": "x", "department": department}]})
        await door.done(project, {"command": "submit_item", "item": "x"}, APPLICANT)
        body = {"command": "evaluate_service", "item": "x", "grade": grade, "comment": "so"}
        receipt = await door.done(project, body, APPLICANT)
    position: int = receipt["position"]
    return position


async def test_figures_of_few_opinions_are_for_the_bureau_alone(door: Door) -> None:
    after = await graded(door, "small", "fair", "dissatisfied", "fair", "fair")
    for by in (LAND, LEADER, MANAGER, APPLICANT):
        summary = await fetch(door, "/v1/feedback/summary", by, department="small", after=after)
        assert summary["opinions_min"] == 5
        for line in summary["lines"]:
            assert (line["evaluations"], line["void"]) == (4, None)
            assert line["bad_rate"] == line["rectified"] == line["content"] == {"part": None, "n": None, "rate": None}
    for by in (BUREAU, Actor("bai", "audit", Role.AUDITOR)):
        summary = await fetch(door, "/v1/feedback/summary", by, department="small")
        assert [(line["item"], line["bad_rate"]) for line in summary["lines"]] == [
            (None, {"part": 1, "n": 4, "rate": 0.25}),
            ("x", {"part": 1, "n": 4, "rate": 0.25}),
        ]
    after = await graded(door, "small", "very_satisfied")
    summary = await fetch(door, "/v1/feedback/summary", LEADER, department="small", after=after)
    assert [line["bad_rate"]["rate"] for line in summary["lines"]] == [0.2, 0.2]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("feedback/complaints?state=asleep", "state"),
        ("feedback/complaints?standing=red", "standing"),
        ("feedback/complaints?clock=decision", "clock"),
        ("feedback/complaints?first=2026-06-31", "first"),
        ("feedback/complaints?first=1066-10-14", "first"),
        ("feedback/complaints?last=2100-01-01", "last"),
        ("feedback/complaints?first=2026-06-02&last=2026-06-01", "last"),
        ("feedback/complaints?as_of=2026-06-02T09:00:00", "as_of"),
        ("feedback/complaints?known_at=yesterday", "known_at"),
        ("feedback/complaints?limit=501", "limit"),
        ("feedback/complaints?limit=0", "limit"),
        ("feedback/complaints?after=x", "after"),
        ("feedback/complaints?department=" + "x" * 65, "department"),
        ("feedback/complaints?item=a%00b", "item"),
        ("feedback/evaluations?state=accepted", "state"),
        ("feedback/evaluations?grade=five", "grade"),
        ("feedback/evaluations?bad=perhaps", "bad"),
        ("feedback/evaluations?appeal=lost", "appeal"),
        ("feedback/summary?first=x", "first"),
        (f"projects/{UUID(int=7)}/complaint?complaint=%00", "complaint"),
        (f"projects/{UUID(int=7)}/evaluation?evaluation=" + "x" * 201, "evaluation"),
    ],
)
async def test_a_parameter_that_holds_what_it_cannot_is_named(door: Door, query: str, parameter: str) -> None:
    refusal = problem(await door.get(f"/v1/{query}"), "invalid-parameter")
    assert refusal["parameter"] == parameter


@pytest.mark.parametrize(
    "path", ["feedback/complaints", "feedback/evaluations", "feedback/summary", f"projects/{UUID(int=7)}/feedback"]
)
async def test_a_read_is_judged_by_its_reader(door: Door, path: str) -> None:
    problem(await door.get(f"/v1/{path}", None), "actor-missing")
