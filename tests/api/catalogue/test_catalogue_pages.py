"""Catalogues as pages: a change is looked at with its effect on open projects, then published, and refused in words."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest_asyncio

from domain.catalogue.state import Catalogue, stream_of
from domain.core.ledger import Actor, Role
from infrastructure.ledger.approvals import Approvals
from scripts.catalogues.zone import publish_zone
from tests.api.client import Door, identity
from tests.examples import LEADER
from tests.infrastructure.projector.test_projector import project_all

NAME = "zone"
CODE = "zone-02"
ZONE_OFFICE = Actor("zhao", "zone-office", Role.OFFICER)
ADMINISTRATOR = Actor("xu", "", Role.ADMINISTRATOR)
CARRIED = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """The shipped catalogue and flow."""
    async with Approvals(shared_database_url) as opened:
        await publish_zone(opened)
        project_all(shared_database_url)
        yield opened


async def sent(door: Door, by: Actor, act: str, lang: str = "zh", **fields: str) -> httpx.Response:
    """What the form of *act* is answered with."""
    headers = identity(by) | {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"key": str(uuid4()), "name": NAME, **fields})
    return await door.client.post(f"/admin/acts/catalogues/{act}?lang={lang}", content=body, headers=headers)


async def catalogue_now(approvals: Approvals) -> Catalogue:
    state = await approvals.state(stream_of(NAME))
    assert isinstance(state, Catalogue)
    return state


async def test_smoke(door: Door, approvals: Approvals) -> None:
    for path in (
        "/admin/catalogues",
        "/admin/catalogues/zone",
        f"/admin/catalogues/zone/item?code={CODE}",
        "/admin/catalogues/zone/item",
        "/admin/catalogues/zone/difference?first=1",
    ):
        answer = await door.get(path, LEADER)
        assert answer.status_code == 200, (path, answer.text)
        open("/tmp/admin/" + path.replace("/", "_").replace("?", "_") + ".html", "w").write(answer.text)
    answer = await sent(door, LEADER, "withdraw", task_code=CODE, reasons="x", valid_from="2027-01-01")
    print(answer.text)
    assert answer.status_code == 200
    assert False
