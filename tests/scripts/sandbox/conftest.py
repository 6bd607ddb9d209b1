"""A served sandbox for each test, with a manager's and an officer's program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest_asyncio

from domain.core.ledger import Role
from infrastructure.settings import Settings
from scripts.server.sandbox import SandboxClock, sandbox
from tests.infrastructure.projector.running import projecting
from tests.scripts.sandbox.programs import Sandbox, key_for


@pytest_asyncio.fixture
async def opened(projected_database_url: str, tmp_path: Path) -> AsyncIterator[Sandbox]:
    clock = SandboxClock(tmp_path / "clock.json")
    keys = [
        await key_for(projected_database_url, clock, "wang", Role.PROJECT_MANAGER, "office"),
        await key_for(projected_database_url, clock, "of-land", Role.OFFICER, "land"),
    ]
    with projecting(projected_database_url):
        async with sandbox(projected_database_url, Settings(data=tmp_path / "data"), clock) as app:
            transport = httpx.ASGITransport(app=cast("Any", app))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", timeout=120) as client:
                yield Sandbox(client, *keys)
