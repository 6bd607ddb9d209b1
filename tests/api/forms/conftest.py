"""An application with pages over a small zone, and a filler of forms, as a browser without script would be."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from api.app import PAGES
from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from scripts.catalogues.zone import publish_zone
from tests.api.client import Door, identity, unmarked
from tests.api.conftest import Pages
from tests.examples import MANAGER, USCC
from tests.law.questions import at
from tests.projections.zone import tell_zone

HANDS = [at("03-01")]
LOOKED_AT = at("05-20 18:00")
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
LOCATION = re.compile(r"/projects/[0-9a-f-]{36}/receipts/[0-9a-f-]{36}")


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        await publish_zone(opened)
        await tell_zone(opened, HANDS)
        HANDS[0] = LOOKED_AT
        yield opened


class FormClient:
    """Fills in the form of one command, as *by*, in the language *lang*."""

    def __init__(self, door: Door, path: str, by: Actor, lang: str = "zh") -> None:
        self.client, self.path, self.by, self.lang = door.client, path, by, lang
        self.hidden: list[tuple[str, str]] = []
        self.filled: dict[str, Any] = {}  # as the controls of a page that comes back have it

    async def open(self, **filled: str) -> str:
        """The page of the form, with fields filled in by the address."""
        self.filled = {}
        response = await self.client.get(self.path, params={"lang": self.lang, **filled}, headers=identity(self.by))
        return self.take(response, 200)

    async def review(self, status: int = 200, **filled: Any) -> str:
        """The page that follows the button which shows the effect; `a__b` is the field a.b."""
        self.filled |= {name.replace("__", "."): text for name, text in filled.items()}
        return await self.press("review", status, list(self.filled.items()))

    async def act(self, status: int = 303) -> str:
        """What follows the button that is the act: the address of the receipt, or the page that says why not."""
        return await self.press("act", status, [])

    async def press(self, step: str, status: int, fields: list[tuple[str, Any]]) -> str:
        """The page that follows a button."""
        pairs = [*self.hidden, ("_step", step)]
        for name, text in fields:
            pairs += [(name, each) for each in text] if isinstance(text, list | tuple) else [(name, str(text))]
        data: dict[str, Any] = {}
        for name, text in pairs:
            data.setdefault(name, []).append(text)
        response = await self.client.post(self.path, params={"lang": self.lang}, data=data, headers=identity(self.by))
        if status == 303:
            assert response.status_code == 303, response.text
            return response.headers["location"]
        return self.take(response, status)

    async def done(self, **filled: Any) -> str:
        """Fill in, review, act; the page of the receipt."""
        await self.open()
        await self.review(**filled)
        to = await self.act()
        response = await self.client.get(to, headers=identity(self.by))
        assert response.status_code == 200, response.text
        return response.text

    def take(self, response: httpx.Response, status: int) -> str:
        """The page in *response*, whose hidden fields go along with the next button."""
        assert response.status_code == status, seen(response.text)
        self.hidden = [(name, unescape(value)) for name, value in HIDDEN.findall(response.text)]
        return response.text


def form(door: Door, command: str, project: UUID, item: str = "", *, by: Actor, lang: str = "zh") -> FormClient:
    """The form of *command*."""
    path = f"/items/{project}/{item}/acts/{command}" if item else f"/projects/{project}/acts/{command}"
    return FormClient(door, path, by, lang)


OFFICE = Actor("liu", "zone-office")
ENVIRONMENT = Actor("zhao", "environment")
WATERS = Actor("sun", "water")
ENTRY = "entry-review"


async def registered(door: Door, name: str = "星光半导体封测二期") -> UUID:
    """A project that follows the shipped flow. What tests begin with are commands: each form is four requests."""
    project = new_project()
    registration = {"name": name, "enterprise": {"name": "星光半导体", "uscc": USCC}, "manager": MANAGER.id}
    await door.done(project, {"command": "register_project", **registration, "items": []}, MANAGER)
    await door.done(project, {"command": "start_flow", "flow": "zone-investment", "kind": "manufacturing"}, MANAGER)
    return project


async def consulted(door: Door) -> UUID:
    """The same, with the first item decided, so that the second can be applied for."""
    project = await registered(door)
    await door.done(project, {"command": "submit_item", "item": "consultation"}, MANAGER)
    await door.done(project, {"command": "accept_item", "item": "consultation"}, OFFICE)
    await door.done(project, {"command": "complete_item", "item": "consultation", "outcome": "granted"}, OFFICE)
    return project


async def applied_for(door: Door) -> UUID:
    """The same, with the second item applied for."""
    project = await consulted(door)
    await door.done(project, {"command": "submit_item", "item": ENTRY, "materials": ["立项申请书"]}, MANAGER)
    return project


async def accepted(door: Door) -> UUID:
    """The same, accepted."""
    project = await applied_for(door)
    await door.done(project, {"command": "accept_item", "item": ENTRY}, OFFICE)
    return project


def new_project() -> UUID:
    """An id for a project."""
    return uuid4()


def seen(page: str) -> str:
    """What a person reads on *page*."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", unmarked(main))))


@pytest.fixture(scope="module")
def pages() -> Pages:
    return PAGES
