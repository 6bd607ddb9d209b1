"""People who apply at the window, each with a browser of their own."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
from litestar import Litestar

from domain.catalogue.item import RequiredMaterial, ServiceItem, TaskType
from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.core.types import Mode
from domain.project.application.registration import Enterprise, RegisterProject
from tests.api.client import identity

OWN, OTHER = UUID("0193f0a2-7c00-7000-8000-0000000000c1"), UUID("0193f0a2-7c00-7000-8000-0000000000d1")
OTHER_USCC = "91420100MA0LM20268"
RIVAL, CLERK = Actor("rival", OTHER_USCC, Role.APPLICANT), Actor("window.1", "window", Role.WINDOW_CLERK)
CATALOGUE, LICENCE = "apply", "LU-1"
SERVICE = ServiceItem(
    task_code=LICENCE,
    task_name="建设用地规划许可证核发",
    task_type=TaskType.LICENCE,
    dept_code="land",
    promise_day=7,
    is_online=True,
    materials=(
        RequiredMaterial(material_name="申请表"),
        RequiredMaterial(material_name="宗地图"),
        RequiredMaterial(material_name="说明", is_need=False),
    ),
)
APPLY = "/window/apply"


def registration(name: str, uscc: str) -> RegisterProject:
    """A project of the enterprise *name*."""
    return RegisterProject(
        name=f"{name} fab",
        enterprise=Enterprise(name, uscc),
        manager="wang",
        items=(
            PlannedItem(item="land", department="land", catalogue=CATALOGUE, service="LU-1", promise_days=7),
            PlannedItem(item="plan", department="planning"),
            PlannedItem(item="works", department="planning", requires=("land",)),
            PlannedItem(item="renewal", department="water", mode=Mode.RENEWAL, by_undertaking=True),
            PlannedItem(item="tax", department="tax", live=False),
        ),
    )


def pdf(text: str = "") -> bytes:
    """A file that is taken, and unlike any other."""
    return f"%PDF-1.7\n{text or uuid4()}\n%%EOF\n".encode()


class Browser:
    """A browser, in English, of someone whom a gateway has signed in."""

    def __init__(self, app: Litestar, by: Actor) -> None:
        asgi = cast("Callable[..., Awaitable[None]]", app)
        transport = httpx.ASGITransport(asgi, raise_app_exceptions=False)
        headers = {"Accept": "text/html", **identity(by)}
        self.client = httpx.AsyncClient(transport=transport, base_url="http://countersign", headers=headers)

    async def get(self, path: str, **params: str) -> httpx.Response:
        """A page."""
        return await self.client.get(path, params={"lang": "en", **params})

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        """A form that is sent by its button, and the page that follows it."""
        form = {"sent": "1", **fields}
        return await self.client.post(path, params={"lang": "en"}, data=form, follow_redirects=True)

    async def upload(
        self, draft: str, content: bytes, name: str = "a.pdf", requirement: str = "", kind: str = "application/pdf"
    ) -> httpx.Response:
        """A file that is sent by its form, and the page that follows."""
        return await self.client.post(
            f"{draft}/materials/files",
            params={"lang": "en"},
            data={"requirement": requirement},
            files={"file": (name, content, kind)},
            follow_redirects=True,
        )

    async def begin(self, project: UUID = OWN, item: str = "land") -> str:
        """The address of a draft for an item."""
        page = await self.post(APPLY, project=str(project), item=item)
        assert page.status_code == 200, page.text
        match = re.search(rf"{APPLY}/[0-9a-f-]{{36}}", str(page.url))
        assert match, page.url
        return match[0]
