"""Attacks by those who are signed in, on projects of others: each is denied, says why, and leaves nothing behind."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.core.ledger import Actor, Role
from tests.api.client import REGISTER, Door, problem
from tests.examples import APPLICANT, LAND, MANAGER, WATER

RIVAL = Actor("rival", "91440300MA0RV2026B", Role.APPLICANT)
OTHER_MANAGER = Actor("other.pm", "another-zone", Role.PROJECT_MANAGER)
ACCEPT = {"command": "accept_item", "item": "land"}
DECIDE = {"command": "complete_item", "item": "land", "outcome": "granted"}
DELIVER = {"command": "deliver_decision", "item": "land", "method": "post"}
NOTE = {"command": "note_step", "activity": "site visit"}
SUBMIT = {"command": "submit_item", "item": "land"}
WITHDRAW = {"command": "withdraw_item", "item": "land"}
EVALUATE = {"command": "evaluate_service", "item": "land", "grade": "very_dissatisfied", "reasons": ["slow"]}
OF_AN_ENTERPRISE: list[dict[str, Any]] = [
    SUBMIT,
    WITHDRAW,
    {"command": "revise_application", "item": "land", "changes": "another site"},
    {"command": "file_complaint", "complaint": "c-1", "about": "too slow", "item": "land"},
    EVALUATE,
]
OF_A_MANAGER: list[dict[str, Any]] = [
    {"command": "plan_item", "item": {"item": "fire", "department": "fire"}},
    WITHDRAW,
    {"command": "record_information", "category": "basic", "fields": [{"key": "note", "value": "x"}]},
]


async def applied_for(door: Door) -> UUID:
    """A project of MANAGER and APPLICANT, whose first item was applied for and accepted."""
    project = uuid4()
    await door.done(project, REGISTER, MANAGER)
    await door.done(project, SUBMIT, APPLICANT)
    await door.done(project, ACCEPT, LAND)
    return project


async def denied(door: Door, project: UUID, command: dict[str, Any], by: Actor) -> None:
    """The *command* is denied to *by*, like one on a project that is not there, and changes nothing."""
    before = (await door.get(f"/v1/projects/{project}/history", MANAGER)).json()["entries"]
    answer = await door.post(project, command, by)
    elsewhere = await door.post(uuid4(), command, by)
    refusals = [problem(refusal, "project-unknown") for refusal in (answer, elsewhere)]

    assert [refusal["title"] for refusal in refusals] == [refusals[0]["title"]] * 2
    assert (await door.get(f"/v1/projects/{project}/history", MANAGER)).json()["entries"] == before


@pytest.mark.parametrize("command", OF_AN_ENTERPRISE, ids=lambda command: command["command"])
async def test_an_applicant_acts_for_no_other_enterprise(door: Door, command: dict[str, Any]) -> None:
    await denied(door, await applied_for(door), command, RIVAL)


@pytest.mark.parametrize("command", OF_A_MANAGER, ids=lambda command: command["command"])
async def test_a_manager_acts_on_no_project_of_another(door: Door, command: dict[str, Any]) -> None:
    await denied(door, await applied_for(door), command, OTHER_MANAGER)


@pytest.mark.parametrize("where", [{}, {"item": "land"}])
async def test_an_officer_notes_nothing_on_what_is_not_his_department_s(door: Door, where: dict[str, str]) -> None:
    await denied(door, await applied_for(door), {**NOTE, **where}, WATER)


async def test_a_grade_of_a_rival_takes_no_grade_from_the_enterprise(door: Door) -> None:
    """A grade is given once: the rival's would have been the one that counts."""
    project = await applied_for(door)
    for command in (DECIDE, DELIVER):
        await door.done(project, command, LAND)
    await denied(door, project, EVALUATE, RIVAL)

    assert (await door.post(project, {**EVALUATE, "grade": "satisfied", "reasons": []}, APPLICANT)).status_code == 200


async def test_a_key_of_another_opens_no_answer(door: Door) -> None:
    """A guessed Idempotency-Key shows nothing of what its first sender was answered: each sender's are his own."""
    project, key = uuid4(), "order-1"
    first = await door.post(project, REGISTER, MANAGER, key=key)
    answer = await door.post(project, REGISTER, OTHER_MANAGER, key=key)

    assert first.status_code == 200
    problem(answer, "already-registered")
    assert "Idempotent-Replay" not in answer.headers
    assert (await door.post(project, REGISTER, MANAGER, key=key)).headers["Idempotent-Replay"] == "true"
