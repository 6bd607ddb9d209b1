"""A reader of the views of the database that a module of tests shares."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from infrastructure.ledger.reader import Store


@pytest_asyncio.fixture(scope="module")
async def store(shared_database_url: str) -> AsyncIterator[Store]:
    opened = Store(shared_database_url, 1)
    await opened.pool.open()
    yield opened
    await opened.pool.close()
