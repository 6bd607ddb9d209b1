"""A notice of missing papers that came too late, over HTTP: it does not make the case wait for the applicant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door
from tests.examples import APPLICANT, LAND, MANAGER, USCC
from tests.watching import Hands, watch_once

pytestmark = pytest.mark.usefixtures("projector")

HANDS = Hands("2026-03-02 09:00")
REGISTER = {
    "command": "register_project",
    "name": "恒信三期",
    "enterprise": {"name": "Hengxin", "uscc": USCC},
    "manager": "wang",
    "items": [
        {"item": "land", "department": "land"},
        {"item": "plan", "department": "planning", "requires": ["land"]},
    ],
}
NOTICE = {"command": "request_supplement", "item": "land", "missing": ["总平面图"]}


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url, clock=HANDS) as opened:
        yield opened


async def got(door: Door, path: str, **params: Any) -> Any:
    answer = await door.get(path, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_department_holds_what_silence_accepted_before_the_notice(
    door: Door, approvals: Approvals, shared_database_url: str
) -> None:
    """Received on Monday, 2 March; the notice is of day 6, so the application was accepted as of its receipt."""
    project = uuid4()
    for local, by, body in (
        ("2026-03-02 09:00", MANAGER, REGISTER),
        ("2026-03-02 10:00", APPLICANT, {"command": "submit_item", "item": "land"}),
        ("2026-03-10 09:00", LAND, NOTICE),
    ):
        HANDS.at(local)
        await door.done(project, body, by)
    HANDS.at("2026-03-10 09:01")
    await watch_once(shared_database_url, approvals)

    after = await approvals.store.head()
    land, plan = (await got(door, f"/v1/projects/{project}/waiting"))["items"]
    (wait,) = land["waits"]
    assert (wait["kind"], wait["held_by"], wait["holder"]) == ("decision", "department", "land")
    assert wait["since"] == "2026-03-09T16:00:00Z"  # when the last day for a notice was over
    assert (plan["waits"][0]["holder"], plan["waits"][0]["since"]) == ("land", wait["since"])
    item = (await got(door, f"/v1/projects/{project}"))["items"][0]
    assert (item["stage"], item["missing"]) == ("accepted", [])
    rows = (await got(door, f"/v1/projects/{project}/progress", after=after))["items"]
    assert (rows[0]["missing"], rows[0]["holder"]) == ([], "land")
    (listed,) = (await got(door, "/v1/waiting", after=after, holder="land", kind="decision"))["waiting"]
    assert (listed["project"], listed["held_by"]) == (str(project), "department")
    days = (await got(door, f"/v1/projects/{project}/attribution", as_of="2026-03-11T09:00:00+08:00"))["applications"]
    assert "applicant" not in days[0]["working_days"]
