"""Countersignature over HTTP: who is asked, who comes next, what was said, and what it was summed up to."""

from __future__ import annotations

from uuid import uuid4

import pytest

from domain.core.types import Outcome
from domain.examples.countersignature import CIRCULATED, ITEM
from domain.examples.people import PLANNING
from domain.project.application.completion import CompleteItem
from domain.project.countersignature.consolidation import ConsolidateOpinions
from tests.api.client import Door

pytestmark = pytest.mark.usefixtures("projector")


async def test_state_and_progress_show_how_far_it_has_come(door: Door) -> None:
    project = uuid4()
    seen: list[tuple[list[str], list[str], int]] = []
    for step in CIRCULATED:
        receipt = await door.done(project, step.command, step.by)
        progress = (await door.get(f"/v1/projects/{project}/progress", after=receipt["position"])).json()
        item = progress["items"][0]
        state = (await door.get(f"/v1/projects/{project}")).json()["items"][0]
        seen.append((item["awaiting"], item["queued"], state["round"]))

    rows = (await door.get("/v1/progress", after=receipt["position"], waiting_on="planning")).json()["projects"]
    assert str(project) in [row["project"] for row in rows]
    assert seen[3] == (["fire"], ["water", "environment"], 1)
    assert (["province-environment"], [], 1) in seen
    assert (["fire"], ["water", "province-environment"], 2) in seen
    assert seen[-1][0] == []
    by_department = {consultation["department"]: consultation for consultation in state["consultations"]}
    assert (by_department["environment"]["forwarded_to"], by_department["traffic"]["recalled"]) == (
        "province-environment",
        True,
    )
    assert [row["opinion"] for row in by_department["water"]["earlier"]] == ["objected"]
    assert [opinion["department"] for opinion in state["consolidated"]["opinions"]] == [
        "fire",
        "water",
        "province-environment",
    ]


async def test_a_grant_with_unmet_conditions_is_refused_by_naming_them(door: Door) -> None:
    project = uuid4()
    for step in CIRCULATED:
        if not isinstance(step.command, ConsolidateOpinions | CompleteItem):
            await door.done(project, step.command, step.by)

    refused = await door.post(project, CompleteItem(item=ITEM, outcome=Outcome.GRANTED), PLANNING)

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "opinions-not-consolidated")
    assert problem["departments"] == ["province-environment"]
