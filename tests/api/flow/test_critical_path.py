"""The critical path over HTTP: ranges from past durations with their bases, dates, slack, and what a delay moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from domain.core.ledger import Actor
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door, problem
from tests.examples import APPLICANT, LAND, MANAGER, PLANNING, USCC
from tests.law.questions import at
from tests.projections.zone import TimedCommand, project_id, tell

pytestmark = pytest.mark.usefixtures("projector")
HANDS = [at("03-01")]  # the clock on the wall
ENDS = {
    "done-1": "03-04",
    "done-2": "03-06",
    "done-3": "03-10",
    "done-4": "03-12",
    "done-5": "03-16",
    "done-6": "03-18",
}
WAYS = RegisterProject(
    name="Fab 9",
    enterprise=Enterprise("Hengxin", USCC),
    manager="wang",
    items=(
        PlannedItem(item="land", department="land"),
        PlannedItem(item="site-plan", department="planning", requires=("land",), promise_days=7),
        PlannedItem(item="swap", department="land"),
        PlannedItem(item="permit", department="planning", requires=("site-plan",), requires_any=(("swap", "gas"),)),
        PlannedItem(item="gas", department="gas"),
    ),
)


def decided(day: str, by: Actor = LAND, item: str = "land") -> list[TimedCommand]:
    """A project with one item, applied for on the 2nd of March and decided on *day*."""
    plan = RegisterProject(
        name="Fab",
        enterprise=Enterprise("Hengxin", USCC),
        manager="wang",
        items=(PlannedItem(item=item, department=by.department),),
    )
    return [
        ("03-01 09:00", MANAGER, plan),
        ("03-02 09:00", APPLICANT, SubmitItem(item=item)),
        ("03-02 10:00", by, AcceptItem(item=item)),
        (f"{day} 09:00", by, CompleteItem(item=item, outcome=Outcome.GRANTED)),
    ]


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """Six decided applications for land, two of planning, and a project under way; the clock is at 8 April."""
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        history = [(project_id(name), decided(day)) for name, day in ENDS.items()]
        history += [(project_id(f"plan-{day}"), decided(day, PLANNING, "other")) for day in ("03-09", "03-13")]
        history.append(
            (
                project_id("ways"),
                [
                    ("04-01 09:00", MANAGER, WAYS),
                    ("04-02 09:00", APPLICANT, SubmitItem(item="land")),
                    ("04-03 09:00", LAND, AcceptItem(item="land")),
                ],
            )
        )
        await tell(opened, HANDS, history)
        HANDS[0] = at("04-08 09:00")
        yield opened


async def way(door: Door, approvals: Approvals, **params: Any) -> Any:
    answer = await door.get(
        f"/v1/projects/{project_id('ways')}/critical-path", after=await approvals.store.head(), **params
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def by_item(answer: Any) -> dict[str, Any]:
    return {item["item"]: item for item in answer["items"]}


async def test_every_range_says_what_it_rests_on(door: Door, approvals: Approvals) -> None:
    """Land took 2, 4, 6, 8, 10 and 12 working days; planning 5 and 9; nothing of the gas works is known."""
    answer = await way(door, approvals)
    assert answer["estimate"] is True
    assert "估算" in answer["assumed_zh"]
    items = by_item(answer)
    land = items["land"]["remaining"]
    assert (land["basis"], land["n"], land["small_sample"], land["elapsed"]) == ("item", 5, False, 3)
    assert land["days"] == {"low": 1, "median": 5, "high": 7}
    plan = items["site-plan"]["remaining"]
    assert (plan["basis"], plan["n"], plan["small_sample"]) == ("zone", 8, False)
    assert plan["days"] == {"low": 5, "median": 7, "high": 11}
    assert items["swap"]["remaining"]["basis"] == "department"


async def test_the_finish_is_a_range_of_dates_on_the_calendar(door: Door, approvals: Approvals) -> None:
    answer = await way(door, approvals)
    items = by_item(answer)
    assert answer["critical"] == ["land", "site-plan", "permit"]
    assert answer["finish"]["days"] == {"low": 1 + 5 + 5, "median": 5 + 7 + 7, "high": 7 + 11 + 11}
    assert items["permit"]["finishes"] == answer["finish"]
    assert items["site-plan"]["starts"]["median_on"] == items["land"]["finishes"]["median_on"] == "2026-04-15"
    assert answer["finish"]["median_on"] == "2026-05-08"
    assert (
        answer["finish"]["high_on"] == "2026-05-21"
    )  # off from the 1st to the 5th of May, working on Saturday the 9th
    assert [items[code]["slack"] for code in ("land", "site-plan", "permit")] == [0, 0, 0]
    assert items["gas"]["slack"] is None or items["swap"]["slack"] is None
    assert not answer["provisional"]
    assert answer["delay"] is None


async def test_what_a_delay_would_move(door: Door, approvals: Approvals) -> None:
    effect = (await way(door, approvals, delay="site-plan:5"))["delay"]
    assert effect["delays"] == {"site-plan": 5}
    assert [(move["item"], move["by"], move["before_on"], move["after_on"]) for move in effect["moved"]] == [
        ("site-plan", 5, "2026-04-24", "2026-05-06"),
        ("permit", 5, "2026-05-08", "2026-05-14"),
    ]
    assert (effect["finish"]["by"], effect["finish"]["after_on"]) == (5, "2026-05-14")
    within = (await way(door, approvals, delay="swap:1"))["delay"]
    assert [move["item"] for move in within["moved"]] == ["swap"]
    assert within["finish"]["by"] == 0
    both = (await way(door, approvals, delay=["site-plan:2", "land:1", "land:2"]))["delay"]
    assert both["delays"] == {"site-plan": 2, "land": 3}
    assert both["finish"]["by"] == 5


async def test_an_earlier_instant_knows_only_what_was_decided_by_then(door: Door, approvals: Approvals) -> None:
    then = "2026-03-11T09:00:00+08:00"
    path = f"/v1/projects/{project_id('done-5')}/critical-path"
    answer = (await door.get(path, as_of=then)).json()
    (land,) = answer["items"]
    assert (land["remaining"]["n"], land["remaining"]["elapsed"], land["remaining"]["basis"]) == (0, 7, "statutory")
    assert land["remaining"]["days"] == {"low": 18, "median": 18, "high": 18}
    over = (await door.get(path)).json()
    assert (over["items"], over["finish"], over["critical"]) == ([], None, [])


@pytest.mark.parametrize(
    "delay", ["land", "land:0", "land:-1", "land:x", "moon:3", ":3", "land:10001", "land:", "land:１", "x" * 80]
)
async def test_a_delay_that_makes_no_sense_is_a_problem(door: Door, delay: str) -> None:
    refusal = problem(
        await door.get(f"/v1/projects/{project_id('ways')}/critical-path", delay=delay), "invalid-parameter"
    )
    assert refusal["parameter"] == "delay"


async def test_the_longest_delay_still_has_a_date(door: Door, approvals: Approvals) -> None:
    effect = (await way(door, approvals, delay=["land:10000"] * 5))["delay"]
    assert effect["finish"]["by"] == 50_000


async def test_wrong_questions_are_problems(door: Door) -> None:
    unknown = UUID(int=7)
    problem(await door.get(f"/v1/projects/{unknown}/critical-path"), "project-unknown")
    path = f"/v1/projects/{project_id('ways')}/critical-path"
    problem(await door.get(path, None), "actor-missing")
    problem(await door.get(path, as_of="2026-03-12T00:00:00"), "invalid-parameter")
    before = (await door.get(path, as_of=datetime(2026, 3, 1, 9).isoformat() + "Z")).json()
    assert (before["items"], before["finish"]) == ([], None)


async def test_another_decision_is_counted_for_the_item_that_waits_for_it(door: Door, approvals: Approvals) -> None:
    assert by_item(await way(door, approvals))["land"]["remaining"]["n"] == 5
    project = project_id("more, and decided")
    await tell(approvals, HANDS, [(project, decided("03-20"))])
    HANDS[0] = at("04-08 09:00")
    assert by_item(await way(door, approvals))["land"]["remaining"]["n"] == 6
