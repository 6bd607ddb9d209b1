"""An application on a fresh database, and a client that speaks to it in the same event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import cast

import httpx
import pytest_asyncio
from litestar import Litestar

from api.app import create_app
from infrastructure.approvals import Approvals
from infrastructure.settings import Settings
from tests.api.door import Door


@pytest_asyncio.fixture
async def approvals(database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(database_url) as opened:
        yield opened


@pytest_asyncio.fixture
async def app(approvals: Approvals, tmp_path: Path) -> Litestar:
    return create_app(approvals, None, Settings(data=tmp_path))


@pytest_asyncio.fixture
async def door(app: Litestar) -> AsyncIterator[Door]:
    """The client; what goes wrong inside the application is answered, not raised."""
    asgi = cast("Callable[..., Awaitable[None]]", app)  # the two libraries spell ASGI's types differently
    transport = httpx.ASGITransport(app=asgi, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://countersign") as client:
        yield Door(client)
