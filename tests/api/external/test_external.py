"""Results from outside over HTTP: keyed in, fed, disputed and settled, and how stale they are on a day."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.core.ledger import Actor, Role
from domain.examples.external import FED
from tests.api.client import REGISTER, Door, problem
from tests.examples import FEED, MANAGER

pytestmark = pytest.mark.usefixtures("projector")
ITEMS = [{"item": "tax", "department": "tax", "live": False}]
RESTS_ON_IT = {"item": "refund", "department": "tax", "requires": ["tax"]}
KEYED = {
    "command": "record_external_result",
    "item": "tax",
    "outcome": "granted",
    "evidence": "scan",
    "document_number": "T-1",
    "occurred_at": "2026-03-10T10:00:00+08:00",
    "verified_on": "2026-03-12",
}
REPORT = {
    "command": "reconcile_external_result",
    "item": "tax",
    "outcome": "granted",
    "source": "exchange",
    "document_number": "T-1",
}


async def keyed_in(door: Door, *further: dict[str, Any]) -> tuple[UUID, int]:
    """A project whose only item but the *further* ones is decided outside, and the position that has the result."""
    project = uuid4()
    await door.done(project, {**REGISTER, "items": [*ITEMS, *further], "occurred_at": "2026-03-02T09:00:00+08:00"})
    receipt = await door.done(project, KEYED)
    return project, receipt["position"]


async def results(door: Door, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = await door.get(path, **params)
    assert answer.status_code == 200, answer.text
    result: list[dict[str, Any]] = answer.json()["results"]
    return result


async def test_staleness_is_worked_out_for_the_instant_asked_about(door: Door) -> None:
    project, after = await keyed_in(door, RESTS_ON_IT)

    for day, days, stale in (("12", 0, False), ("22", 10, False), ("23", 11, True)):
        params = {"after": after, "as_of": f"2026-03-{day}T12:00:00+08:00"}
        (row,) = await results(door, f"/v1/projects/{project}/external", **params)
        assert (row["unverified_days"], row["stale"], row["verified_on"]) == (days, stale, "2026-03-12")
        listed = await results(door, "/v1/external", stale="true", department="tax", limit=500, **params)
        assert (str(project) in {row["project"] for row in listed}) is stale


async def test_results_of_a_past_day_are_those_that_had_taken_effect_and_were_known(door: Door) -> None:
    project, after = await keyed_in(door, RESTS_ON_IT)

    for known_at, days in (("", {"09": 0, "11": 1}), ("2026-03-20T00:00:00Z", {"11": 0})):
        for day, number in days.items():
            params = {"after": str(after), "as_of": f"2026-03-{day}T12:00:00+08:00"}
            params |= {"known_at": known_at} if known_at else {}
            of_project = await results(door, f"/v1/projects/{project}/external", **params)
            listed = await results(door, "/v1/external", department="tax", limit="500", **params)
            assert len(of_project) == len([row for row in listed if row["project"] == str(project)]) == number


async def test_a_result_on_which_no_open_work_rests_is_not_stale(door: Door) -> None:
    project, after = await keyed_in(door)

    params = {"after": after, "as_of": "2026-04-23T12:00:00+08:00"}
    (row,) = await results(door, f"/v1/projects/{project}/external", **params)
    assert (row["unverified_days"], row["needed"], row["stale"]) == (42, False, False)
    listed = await results(door, "/v1/external", stale="true", department="tax", limit=500, **params)
    assert str(project) not in {row["project"] for row in listed}


async def test_state_and_progress_show_when_it_was_verified(door: Door) -> None:
    project, after = await keyed_in(door)

    (item,) = (await door.get(f"/v1/projects/{project}")).json()["items"]
    progress = (await door.get(f"/v1/projects/{project}/progress", after=after)).json()

    assert item["result"]["verified_on"] == "2026-03-12"
    assert [(row["item"], row["verified_on"], row["document_number"]) for row in progress["outside"]] == [
        ("tax", "2026-03-12", "T-1")
    ]
    assert item["result"] == progress["outside"][0]


async def test_a_discrepancy_is_listed_until_the_project_manager_settles_it(door: Door) -> None:
    project, _ = await keyed_in(door)
    confirmed = await door.done(project, REPORT, FEED)
    assert confirmed["facts"] == ["external_result_confirmed"]
    receipt = await door.done(project, {**REPORT, "document_number": "T-2"}, FEED)
    assert receipt["facts"] == ["discrepancy_found"]

    async def disputed(after: int) -> bool:
        rows = await results(door, "/v1/external", disputed="true", manager="wang", after=after, limit=500)
        return str(project) in {row["project"] for row in rows}

    assert await disputed(receipt["position"])
    problem(await door.post(project, {**REPORT, "document_number": "T-2"}, FEED), "discrepancy-known")
    settled = await door.done(
        project, {"command": "settle_discrepancy", "item": "tax", "keep": "feed", "reasons": "letter"}, MANAGER
    )
    assert not await disputed(settled["position"])
    (row,) = await results(door, f"/v1/projects/{project}/external", after=settled["position"])
    assert (row["document_number"], row["by_feed"]) == ("T-2", True)


async def test_what_the_examples_say_can_be_posted(door: Door) -> None:
    project = uuid4()
    await door.done(project, {**REGISTER, "items": ITEMS, "manager": "wang.min"})

    posted = [(await door.done(project, step.dated, step.by))["facts"] for step in FED]

    assert posted == [["external_result_recorded"], ["discrepancy_found"], ["discrepancy_settled"]]


async def test_pages_follow_each_other(door: Door) -> None:
    positions = [(await keyed_in(door))[1] for _ in range(3)]
    first = (await door.get("/v1/external", after=positions[-1], limit=2)).json()
    second = (await door.get("/v1/external", limit=2, cursor=first["next"])).json()

    assert (len(first["results"]), first["stale_days"]) == (2, 10)
    assert not [row for row in second["results"] if row in first["results"]]


async def test_wrong_questions_are_problems(door: Door) -> None:
    problem(await door.get(f"/v1/projects/{uuid4()}/external", MANAGER), "project-unknown")
    problem(await door.get("/v1/external", as_of="2026-03-12T00:00:00"), "invalid-parameter")
    problem(await door.get("/v1/external", None), "actor-missing")
    project, _ = await keyed_in(door)
    problem(await door.post(project, REPORT, Actor("x", "tax", Role.OFFICER)), "access-denied")
