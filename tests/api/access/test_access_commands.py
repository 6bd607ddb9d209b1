"""POST /v1/principals/{principal}/commands: judged by the table first, then by the rules of the command."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.core.ledger import Actor, Role
from tests.api.client import Door, identity, problem
from tests.examples import LAND

USCC = "91420100MA0HX2026E"
XU, FAN = Actor("xu", "office", Role.ADMINISTRATOR), Actor("fan", "office", Role.ADMINISTRATOR)
CHEN = Actor("chen", USCC, Role.APPLICANT)


async def post(door: Door, path: str, by: Actor, key: str = "", **command: Any) -> httpx.Response:
    headers = {**identity(by), "Idempotency-Key": key or str(uuid4())}
    return await door.client.post(path, json=command, headers=headers)


async def to(door: Door, principal: str, by: Actor, command: str, key: str = "", **fields: Any) -> httpx.Response:
    path = f"/v1/principals/{principal}/commands"
    return await post(door, path, by, key, command=command, principal=principal, **fields)


async def test_an_administrator_registers_and_grants_once(door: Door) -> None:
    registered = await to(door, "li", XU, "register_principal", "key-1", name="Li")
    assert (registered.status_code, registered.json()["facts"]) == (200, ["principal_registered"])
    repeated = await to(door, "li", XU, "register_principal", "key-1", name="Li")
    assert repeated.json() == {**registered.json(), "repeated": True}
    granted = await to(door, "li", XU, "give_grant", role="officer", over="land")
    assert granted.json()["facts"] == ["grant_given"]


async def test_others_learn_nothing_of_a_principal(door: Door) -> None:
    refused = await to(door, "zhang", LAND, "give_grant", role="leader")
    assert (refused.status_code, problem(refused, "principal-unknown")["remedy"] != "") == (404, True)


async def test_a_person_grants_nothing_to_himself(door: Door) -> None:
    refused = await to(door, "xu", XU, "give_grant", role="leader")
    assert (refused.status_code, problem(refused, "unknown-principal")["remedy"] != "") == (409, True)
    await to(door, "xu", FAN, "register_principal", name="Xu")
    refused = await to(door, "xu", XU, "give_grant", role="leader")
    assert (refused.status_code, problem(refused, "grants-to-himself")["remedy"] != "") == (403, True)
    await to(door, "me", XU, "register_principal", name="Li")
    visible = await to(door, "me", Actor("me", "land"), "give_grant", role="leader")
    assert (visible.status_code, problem(visible, "access-denied")["remedy"] != "") == (403, True)


async def test_three_roles_need_two_administrators(door: Door) -> None:
    await to(door, "shen", XU, "register_principal", name="Shen")
    refused = await to(door, "shen", XU, "give_grant", role="auditor")
    assert (refused.status_code, problem(refused, "second-administrator")["remedy"] != "") == (403, True)
    assert "三员分立" in problem(refused, "second-administrator")["article"]


async def test_an_enterprise_appoints_its_agent(door: Door) -> None:
    await to(door, "qian", XU, "register_principal", name="Qian")
    appointed = await to(door, "qian", CHEN, "appoint_agent", enterprise=USCC)
    assert appointed.json()["facts"] == ["agent_appointed"]
    other = await to(door, "qian", CHEN, "appoint_agent", enterprise="91420100765409211H")
    assert other.status_code == 404, "an enterprise that is not its own"


async def test_departments_are_merged_by_administrators(door: Door) -> None:
    merge = {"command": "merge_departments", "department": "planning", "into": "land"}
    denied = await post(door, "/v1/departments/commands", LAND, **merge)
    assert (denied.status_code, problem(denied, "access-denied")["remedy"] != "") == (403, True)
    done = await post(door, "/v1/departments/commands", XU, **merge)
    assert done.json()["facts"] == ["departments_merged"]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"command": "give_grant", "principal": "li", "role": "emperor"}, 422, "invalid-field"),
        ({"command": "submit_item", "item": "land"}, 400, "unknown-command"),
        ({"command": "register_principal", "principal": "zhao", "name": "Zhao"}, 409, "wrong-principal"),
        ({"command": "register_principal", "principal": "li", "name": ""}, 422, "invalid-field"),
        ({"command": "revoke_key", "principal": "li", "key": "?"}, 422, "invalid-field"),
    ],
)
async def test_what_can_not_be_is_a_problem(door: Door, fields: dict[str, Any], status: int, code: str) -> None:
    refused = await post(door, "/v1/principals/li/commands", XU, **fields)
    assert refused.status_code == status, refused.text
    assert problem(refused, code)["remedy"]
