"""GET /v1/projects/{id}/time and the project's page: whose working days they were, in both languages."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from domain.core.ledger import Actor
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.application.suspension import ResumeClock, SuspendClock
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from tests.api.client import Door, problem
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, LAND, MANAGER, USCC
from tests.law.questions import at

pytestmark = pytest.mark.pages

NOW = {"known_at": "2099-01-01T00:00:00Z"}
REGISTER = RegisterProject(
    name="研发楼",
    enterprise=Enterprise("恒信", USCC),
    manager="wang",
    items=(PlannedItem(item="land", department="land", promise_days=10),),
)
STORY: list[tuple[str, Actor, AnyCommand]] = [
    ("03-02 09:00", MANAGER, REGISTER),
    ("03-02 10:00", APPLICANT, SubmitItem(item="land")),
    ("03-03 10:00", LAND, AcceptItem(item="land")),
    ("03-05 10:00", LAND, SuspendClock(item="land", ground="testing", suspension="s")),
    ("03-11 10:00", LAND, ResumeClock(item="land", suspension="s")),
    ("03-13 10:00", LAND, CompleteItem(item="land", outcome=Outcome.GRANTED)),
]


async def project_after(door: Door, steps: int = len(STORY)) -> UUID:
    project = uuid4()
    for day, by, command in STORY[:steps]:
        await door.done(project, structs.replace(command, occurred_at=at(day)), by)
    return project


async def time_of(door: Door, project: UUID, **params: Any) -> Any:
    answer = await door.get(f"/v1/projects/{project}/time", MANAGER, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()["project"]


async def test_whose_days_they_were_at_any_instant(door: Door) -> None:
    project = await project_after(door)
    after = await time_of(door, project, as_of="2026-03-16T12:00:00+08:00", **NOW)
    assert after["time"] == {
        "begun_on": "2026-03-02",
        "through": "2026-03-15",
        "working_days": 9,
        "government_days": 5,
        "applicant_days": 4,
        "summed_days": 9,
    }
    assert (after["promised_days"], after["left_days"], after["phases"]) == (None, None, [])
    assert after["calendar"].startswith("CN/")

    during = await time_of(door, project, as_of="2026-03-10T12:00:00+08:00", **NOW)
    assert (during["time"]["government_days"], during["time"]["applicant_days"]) == (2, 3)
    before = await time_of(door, project, as_of="2026-03-01T12:00:00+08:00", **NOW)
    assert before["time"]["begun_on"] is None


async def test_a_project_that_did_nothing_took_no_time_and_an_unknown_one_is_none(door: Door) -> None:
    project = await project_after(door, steps=1)
    time = await time_of(door, project)
    assert (time["time"]["working_days"], time["calendar"]) == (0, "")
    problem(await door.get(f"/v1/projects/{uuid4()}/time", MANAGER), "project-unknown")
    problem(await door.get(f"/v1/projects/{project}/time", MANAGER, as_of="2026-03-01T12:00:00"), "invalid-parameter")


@pytest.mark.usefixtures("projector")
@pytest.mark.parametrize(
    ("lang", "words"),
    [("zh", ("项目用时", "政府用时", "申请人用时", "个工作日")), ("en", ("Time spent", "Government", "working days"))],
)
async def test_the_project_page_shows_its_times(
    door: Door, approvals: Approvals, lang: str, words: tuple[str, ...]
) -> None:
    project = await project_after(door)
    await Views(approvals.store).catch_up(await approvals.store.head(), patience=PATIENCE_SECONDS)
    shown = (await door.get(f"/pages/projects/{project}", MANAGER, lang=lang)).text
    assert all(word in shown for word in words), shown
    assert "<time>2026-03-02</time>" in shown
    unbegun = (await door.get(f"/pages/projects/{await project_after(door, steps=1)}", MANAGER, lang=lang)).text
    assert words[0] not in unbegun
