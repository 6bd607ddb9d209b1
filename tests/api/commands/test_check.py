"""Checking a command: it says what carrying it out does, refuses what would be refused, and stores nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import convert, structs, to_builtins

from api.commands.effect import ExpectedFact
from domain.core.ledger import Actor, Command
from domain.examples.story import STORY
from infrastructure.ledger.approvals import Approvals
from tests.api.client import REGISTER, Door, identity, problem
from tests.examples import LAND, LEADER, MANAGER, PLANNING, WATER

GIVEN_LATER = ("case_number",)  # when a command is carried out


async def check(
    door: Door, project: UUID, command: Command | dict[str, Any], by: Actor = MANAGER, **headers: str
) -> Any:
    """The response to a check of *command*."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    path = f"/v1/projects/{project}/commands/check"
    return await door.client.post(path, json=to_builtins(command), headers=identity(by) | headers)


async def rows(approvals: Approvals) -> tuple[int, ...]:
    """How many entries, commands and streams are stored, and which case number comes next."""
    async with approvals.store.cursor() as cursor:
        await cursor.execute(
            "SELECT (SELECT count(*) FROM ledger.event), (SELECT count(*) FROM ledger.command),"
            " (SELECT count(*) FROM ledger.stream), (SELECT seq FROM ledger.head),"
            " (SELECT coalesce(max(last_value), 0) FROM pg_sequences WHERE sequencename = 'case_counter')"
        )
        (row,) = await cursor.fetchall()
    return tuple(int(number) for number in row)


def bare(fact: Any) -> dict[str, Any]:
    """*fact* without what is given only when it is recorded."""
    return {name: value for name, value in structs.asdict(fact).items() if name not in GIVEN_LATER}


async def test_a_check_says_what_carrying_out_does_and_stores_nothing(door: Door, approvals: Approvals) -> None:
    """Every command of the example story that the table of access allows its actor."""
    project = uuid4()
    await door.store_report()
    outcomes: Counter[int] = Counter()
    for step in STORY:
        before = await rows(approvals)
        checked = await check(door, project, step.dated, step.by)
        assert await rows(approvals) == before
        receipt = await door.done(project, step.dated, step.by)
        outcomes[checked.status_code] += 1
        if checked.status_code != 200:
            assert checked.json()["code"] in ("access-denied", "project-unknown"), checked.text
            continue
        shown = checked.json()
        count = len(receipt["facts"])
        assert shown["version"] == receipt["version"] - count
        recorded = await approvals.history(project, shown["version"])
        assert [(bare(entry.fact), entry.occurred_at, entry.recorded.law) for entry in recorded] == [
            (bare(line.fact), line.occurred_at, line.law) for line in convert(shown["facts"], list[ExpectedFact])
        ]
    assert outcomes[200] > len(STORY) / 2, outcomes


async def test_a_check_lists_which_clocks_begin_and_end_and_what_is_unblocked(door: Door) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    begun = (await check(door, project, {"command": "submit_item", "item": "land"})).json()
    assert begun["clocks"], begun
    assert {(change["item"], change["before"]) for change in begun["clocks"]} == {("land", None)}
    assert (begun["unblocked"], begun["blocked"], begun["ends"]) == ([], [], [])

    await door.done(project, {"command": "submit_item", "item": "land"})
    await door.done(project, {"command": "accept_item", "item": "land"}, LAND)
    granted = (
        await check(door, project, {"command": "complete_item", "item": "land", "outcome": "granted"}, LAND)
    ).json()
    decision = next(change for change in granted["clocks"] if change["clock"] == "decision")
    assert (decision["before"]["closed"], decision["after"]["closed"]) == (False, True)
    assert granted["unblocked"] == ["site-plan"]


async def test_what_would_be_refused_is_answered_with_its_problem(door: Door, approvals: Approvals) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    before = await rows(approvals)
    early = {"command": "accept_item", "item": "land"}
    shown, refused = [
        problem(response, "wrong-stage")
        for response in (await check(door, project, early, LAND), await door.post(project, early, LAND))
    ]
    members = ("status", "detail", "article", "remedy")
    assert [shown[name] for name in members] == [refused[name] for name in members]
    problem(await check(door, project, {"command": "submit_item", "item": "land"}, if_match='"7"'), "version-moved")
    problem(await check(door, project, {"command": "note_stp"}), "unknown-command")
    assert await rows(approvals) == before


@pytest.mark.parametrize(
    ("by", "code"), [(WATER, "project-unknown"), (PLANNING, "access-denied"), (LEADER, "access-denied")]
)
async def test_who_may_not_do_it_may_not_try_it(door: Door, by: Actor, code: str) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    problem(await check(door, project, {"command": "submit_item", "item": "land"}, by), code)


async def test_a_check_of_a_registration_needs_no_project(door: Door) -> None:
    shown = (await check(door, uuid4(), REGISTER)).json()
    assert [line["fact"]["fact"] for line in shown["facts"]] == ["project_registered"]
    assert (shown["version"], shown["clocks"], shown["unblocked"]) == (0, [], [])


async def test_a_check_of_a_registration_sees_that_its_code_is_taken(door: Door) -> None:
    await door.done(uuid4(), REGISTER | {"code": "CHECKED"})
    second, command = uuid4(), REGISTER | {"code": "CHECKED"}
    problem(await check(door, second, command), "project-code-taken")
    problem(await door.post(second, command), "project-code-taken")
    assert (await check(door, second, command | {"code": "OTHER"})).status_code == 200


@pytest.mark.parametrize(("by", "code"), [(WATER, "project-unknown"), (LEADER, "access-denied")])
async def test_a_check_does_not_show_strangers_whether_a_file_is_stored(door: Door, by: Actor, code: str) -> None:
    """As carrying it out does, the check looks at the access first."""
    project = uuid4()
    await door.done(project, REGISTER)
    command = {
        "command": "attach_material",
        "digest": "0" * 64,
        "name": "a.pdf",
        "media_type": "application/pdf",
        "size": 9,
        "items": ["land"],
    }
    problem(await check(door, project, command, by), code)
    problem(await door.post(project, command, by), code)
