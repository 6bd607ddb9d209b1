"""The example catalogue and flow, a project planned by them, and a client that fills in the forms of their pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from api.app import PAGES
from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.projector.projector import Projector
from tests.api.client import Door, identity
from tests.api.conftest import Pages
from tests.effort import PATIENCE_SECONDS
from tests.example_zone import AFTER_THE_STORIES, tell_example_zone

CARRIED = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
CARRIED_TEXT = re.compile(r'<textarea name="([^"]+)" hidden aria-hidden="true">\n(.*?)</textarea>', re.DOTALL)


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str, projector: Projector) -> AsyncIterator[Approvals]:
    """The stories, projected; pages wait for the projector."""
    hands = [AFTER_THE_STORIES]
    async with Approvals(shared_database_url, clock=lambda: hands[0]) as opened:
        await tell_example_zone(opened, hands)
        await Views(opened.store).catch_up(await opened.store.head(), PATIENCE_SECONDS)
        yield opened


class ReferenceForms:
    """Fills in the forms about one catalogue, flow or calendar, of the *kind* that the address names."""

    def __init__(self, door: Door, kind: str, name: str) -> None:
        self.door, self.kind, self.name = door, kind, name

    async def sent(self, act: str, by: Actor, lang: str = "zh", **fields: str) -> httpx.Response:
        """What the form of *act* is answered with."""
        body = {"key": str(uuid4()), "name": self.name, **fields}
        parts = {name: (None, value.encode()) for name, value in body.items()}
        address = f"/admin/acts/{self.kind}/{act}?lang={lang}"
        return await self.door.client.post(address, files=parts, headers=identity(by))

    async def reviewed(self, act: str, by: Actor, lang: str = "zh", **fields: str) -> str:
        """The page before the act, which has the button to do it."""
        answer = await self.sent(act, by, lang, **fields)
        assert answer.status_code == 200, answer.text
        assert 'name="seen" value="1"' in answer.text, answer.text
        return answer.text

    async def done(self, act: str, by: Actor, **fields: str) -> str:
        """The page that is shown once the act is done, after it was looked at."""
        seen = await self.reviewed(act, by, **fields)
        return await self.pressed(act, by, seen)

    async def pressed(self, act: str, by: Actor, seen: str) -> str:
        """The page after the button of the page *seen* was pressed."""
        carried = {name: unescape(value) for name, value in (*CARRIED.findall(seen), *CARRIED_TEXT.findall(seen))}
        answer = await self.sent(act, by, **carried)
        assert answer.status_code == 303, answer.text
        return (await self.door.client.get(answer.headers["location"], headers=identity(by))).text


@pytest.fixture(scope="module")
def pages() -> Pages:
    return PAGES
