"""Who has to act on what over HTTP: of a project at any instant, in lists, and how much each holder has."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.client import REGISTER, Door, identity, problem
from tests.examples import APPLICANT, FIRE, LAND, MANAGER

pytestmark = pytest.mark.usefixtures("projector")
MARCH = "2026-03-{}T10:00:00+08:00"


def items_of(tag: str) -> list[dict[str, Any]]:
    """Four items of departments that only this test knows: a permit waits for a plan, that for land or a swap."""
    return [
        {"item": "land", "department": f"land-{tag}"},
        {"item": "swap", "department": f"swap-{tag}"},
        {"item": "plan", "department": f"plan-{tag}", "requires_any": [["swap", "land"]]},
        {"item": "permit", "department": f"permit-{tag}", "requires": ["plan"]},
    ]


async def begun(door: Door, tag: str) -> tuple[UUID, int]:
    """A project in which land was applied for, accepted and sent round; and the last position."""
    project = uuid4()
    officer = type(LAND)("li", f"land-{tag}")
    story: list[tuple[dict[str, Any], Any]] = [
        ({**REGISTER, "items": items_of(tag), "name": f"Fab {tag}"}, MANAGER),
        ({"command": "submit_item", "item": "land"}, APPLICANT),
        ({"command": "accept_item", "item": "land"}, officer),
        ({"command": "ask_countersignature", "item": "land", "departments": [f"fire-{tag}"]}, officer),
    ]
    position = 0
    for day, (body, by) in enumerate(story, 2):
        receipt = await door.done(project, {**body, "occurred_at": MARCH.format(f"{day:02}")}, by)
        position = receipt["position"]
    return project, position


async def got(door: Door, path: str, **params: Any) -> Any:
    answer = await door.get(path, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_projects_chain_leads_to_who_holds_it(door: Door) -> None:
    project, _ = await begun(door, "a")
    waiting = await got(door, f"/v1/projects/{project}/waiting")
    items = {item["item"]: item for item in waiting["items"]}

    (wait,) = items["land"]["waits"]
    assert (wait["kind"], wait["held_by"], wait["holder"]) == ("countersignature", "department", "fire-a")
    assert wait["since"] == "2026-03-05T02:00:00Z"
    assert items["permit"]["chain"] == ["permit", "plan", "land"]
    assert items["permit"]["waits"][0]["holder"] == "fire-a"
    assert items["plan"]["blocked_by"] == [{"any_of": ["swap", "land"], "followed": "land"}]
    assert waiting["roots"] == {"land": 2, "swap": 0}


async def test_a_project_at_an_earlier_instant(door: Door) -> None:
    project, after = await begun(door, "b")
    path = f"/v1/projects/{project}/waiting"
    then = await got(door, path, as_of=MARCH.format("03"), known_at="2099-01-01T00:00:00Z")
    assert then["items"][0]["waits"][0]["kind"] == "acceptance"
    assert (await got(door, path, as_of=MARCH.format("03")))["items"] == []

    params = {"department": "land-b", "as_of": MARCH.format("03"), "after": after}
    listed = await got(door, "/v1/waiting", known_at="2099-01-01T00:00:00Z", **params)
    assert [(row["kind"], row["since"]) for row in listed["waiting"]] == [("acceptance", "2026-03-03T02:00:00Z")]
    assert listed["as_of"] == MARCH.format("03")
    assert (await got(door, "/v1/waiting", **params))["waiting"] == []
    held = await got(door, "/v1/waiting/holders", known_at="2099-01-01T00:00:00Z", **params)
    assert [(holder["holder"], holder["holds"]) for holder in held["holders"]] == [("land-b", 1)]


async def test_what_a_department_holds_and_what_it_waits_for(door: Door) -> None:
    project, after = await begun(door, "c")
    other, after = await begun(door, "c")
    held = await got(door, "/v1/waiting", holder="fire-c", after=after)
    assert held["position"] >= after
    assert {(row["project"], row["item"], row["kind"]) for row in held["waiting"]} == {
        (str(id_), item, kind)
        for id_ in (project, other)
        for item, kind in (("land", "countersignature"), ("plan", "precondition"), ("permit", "precondition"))
    }
    direct = await got(door, "/v1/waiting", holder="fire-c", kind="countersignature")
    assert [(row["department"], row["project_name"]) for row in direct["waiting"]] == [("land-c", "Fab c")] * 2
    waits = await got(door, "/v1/waiting", department="permit-c")
    assert {(row["holder"], tuple(row["chain"])) for row in waits["waiting"]} == {
        ("fire-c", ("permit", "plan", "land"))
    }


async def test_pages_follow_each_other_the_longest_first(door: Door) -> None:
    _, after = await begun(door, "d")
    whole = await got(door, "/v1/waiting", after=after, limit=500)
    since = [row["since"] for row in whole["waiting"]]
    assert since == sorted(since)
    first = await got(door, "/v1/waiting", limit=3)
    second = await got(door, "/v1/waiting", limit=3, cursor=first["next"])
    assert first["waiting"] + second["waiting"] == whole["waiting"][:6]


async def test_how_much_each_holder_has(door: Door) -> None:
    for _ in range(2):
        _, after = await begun(door, "e")
    holders = {
        holder["holder"]: holder
        for holder in (await got(door, "/v1/waiting/holders", after=after, limit=500))["holders"]
    }
    fire = holders["fire-e"]
    assert (fire["holds"], fire["behind"], fire["projects"]) == (2, 4, 2)
    assert fire["oldest_since"] == "2026-03-05T02:00:00Z"
    (only,) = (await got(door, "/v1/waiting/holders", department="permit-e"))["holders"]
    assert (only["holder"], only["holds"], only["behind"], only["oldest_since"]) == ("fire-e", 0, 2, None)


async def test_an_answer_moves_the_ball(door: Door) -> None:
    project, _ = await begun(door, "f")
    receipt = await door.done(
        project, {"command": "countersign", "item": "land", "opinion": "agreed"}, type(FIRE)("zhao", "fire-f")
    )
    assert (await got(door, "/v1/waiting", holder="fire-f", after=receipt["position"]))["waiting"] == []
    held = (await got(door, "/v1/waiting", holder="land-f", kind="decision"))["waiting"]
    assert [row["item"] for row in held] == ["land"]


async def test_wrong_questions_are_problems(door: Door) -> None:
    problem(await door.get(f"/v1/projects/{uuid4()}/waiting"), "project-unknown")
    project, _ = await begun(door, "g")
    problem(await door.get(f"/v1/projects/{project}/waiting", as_of="2026-03-12T00:00:00"), "invalid-parameter")
    for path in (f"/v1/projects/{project}/waiting", "/v1/waiting", "/v1/waiting/holders"):
        problem(await door.get(path, None), "actor-missing")
    for params in ({"kind": "luck"}, {"held_by": "fate"}, {"limit": 0}, {"holder": "x" * 65}):
        problem(await door.get("/v1/waiting", **params), "invalid-parameter")
    answer = await door.client.get("/v1/waiting", params={"holder": "100%s %(t)s '; --"}, headers=identity(MANAGER))
    assert answer.json()["waiting"] == []
