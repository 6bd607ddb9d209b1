"""An identity store on a database of its own, with a clock that tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from infrastructure.identity.directory import FixedDirectory
from infrastructure.identity.service import Identity, IdentityOptions
from infrastructure.ledger.reader import Store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class MovedClock:
    """A clock that stops until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def directory() -> FixedDirectory:
    return FixedDirectory()


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = Store(database_url, 4)
    await opened.pool.open(wait=True)
    yield opened
    await opened.pool.close()


@pytest_asyncio.fixture
async def identity(
    store: Store, database_url: str, clock: MovedClock, directory: FixedDirectory
) -> AsyncIterator[Identity]:
    async with Identity(store, database_url, IdentityOptions(key_per_second=5), directory, clock) as opened:
        yield opened
