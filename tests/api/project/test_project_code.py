"""One project for one code: refused to the second, by whichever road and however close together; found by its code."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from msgspec import structs

from domain.core.ledger import Actor, Role
from infrastructure.ledger.approvals import Approvals
from infrastructure.project_codes import ProjectCodes
from tests.api.client import LAND_ITEM, REGISTER, Door, problem
from tests.examples import APPLICANT, MANAGER

OTHER_MANAGER = structs.replace(MANAGER, id="zhao")


async def test_a_second_project_under_a_code_is_refused_and_the_first_is_named(door: Door) -> None:
    first, second = uuid4(), uuid4()
    await door.done(first, REGISTER | {"code": "C-1"})
    refused = problem(await door.post(second, REGISTER | {"code": "C-1"}), "project-code-taken")
    assert refused["project"] == str(first)
    assert str(first) in refused["remedy"]
    problem(await door.get(f"/v1/projects/{second}"), "project-unknown")
    await door.done(second, REGISTER | {"code": "C-2"})


async def test_a_code_in_use_hides_the_project_from_who_may_not_see_it(door: Door) -> None:
    first = uuid4()
    await door.done(first, REGISTER | {"code": "C-3"})
    answer = await door.post(uuid4(), REGISTER | {"code": "C-3", "manager": "zhao"}, OTHER_MANAGER)
    assert "project" not in problem(answer, "project-code-taken")
    assert str(first) not in answer.text


async def test_the_same_registration_sent_again_gets_its_first_answer(door: Door) -> None:
    project, key = uuid4(), uuid4()
    first = await door.post(project, REGISTER | {"code": "C-4"}, key=key)
    again = await door.post(project, REGISTER | {"code": "C-4"}, key=key)
    assert (again.status_code, again.json()) == (200, first.json())
    problem(await door.post(project, REGISTER | {"code": "C-4"}), "already-registered")
    problem(await door.post(uuid4(), REGISTER | {"code": "C-4"}), "project-code-taken")


@pytest.mark.parametrize("nth", range(5))
async def test_of_many_at_once_one_is_carried_out(door: Door, nth: int) -> None:
    code = f"C-5-{nth}"
    answers = await asyncio.gather(*(door.post(uuid4(), REGISTER | {"code": code}) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]
    for answer in answers:
        if answer.status_code != 200:
            problem(answer, "project-code-taken")


async def test_a_refused_registration_gives_its_code_back(door: Door) -> None:
    twice = {"items": [LAND_ITEM, LAND_ITEM]}
    problem(await door.post(uuid4(), REGISTER | {"code": "C-6"} | twice), "item-repeated")
    problem(await door.post(uuid4(), REGISTER | {"code": "C-6"}, APPLICANT), "access-denied")
    await door.done(uuid4(), REGISTER | {"code": "C-6"})


@pytest.mark.usefixtures("projector")
async def test_a_code_that_a_simulation_or_an_earlier_release_registered_is_taken_too(
    door: Door, approvals: Approvals
) -> None:
    project = uuid4()
    receipt = await door.done(project, REGISTER | {"code": "C-7"})
    await ProjectCodes(approvals.store).release("C-7", project)  # as if it had never been claimed
    await door.get("/v1/progress", after=receipt["position"])
    problem(await door.post(uuid4(), REGISTER | {"code": "C-7"}), "project-code-taken")


async def test_an_abandoned_claim_can_be_taken_over(door: Door, approvals: Approvals) -> None:
    codes, abandoned, project = ProjectCodes(approvals.store), uuid4(), uuid4()
    assert await codes.claim("C-8", abandoned) == (abandoned, True)
    assert "project" not in problem(await door.post(project, REGISTER | {"code": "C-8"}), "project-code-taken")
    async with approvals.store.cursor() as cursor:
        await cursor.execute(
            "UPDATE process.project_code SET claimed_at = claimed_at - interval '1 hour' WHERE project = %s",
            [abandoned],
        )
    await door.done(project, REGISTER | {"code": "C-8"})


@pytest.mark.usefixtures("projector")
async def test_a_project_is_found_by_its_code(door: Door) -> None:
    project = uuid4()
    receipt = await door.done(project, REGISTER | {"code": "C-9"})
    listed = (await door.get("/v1/projects", code="C-9", after=receipt["position"])).json()
    assert [(row["project"], row["code"]) for row in listed["projects"]] == [(str(project), "C-9")]
    assert (await door.get("/v1/projects", code="C-")).json()["projects"] == []
    for params in ({}, {"code": ""}, {"code": "\0"}, {"code": "x" * 201}):
        assert (await door.get("/v1/projects", Actor("li", "land", Role.OFFICER), **params)).status_code == 400
