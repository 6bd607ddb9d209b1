"""A primary that is away, or silent, is waited for in bounds: whoever asks it is told so within two seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from infrastructure.identity import primary
from infrastructure.identity.primary import PrimaryAwayError, PrimaryConnection, PrimaryStore
from infrastructure.identity.sessions import TOUCH_SECONDS, Sessions, SignIn
from infrastructure.ledger.reader import ANSWER_SECONDS_MAX, Store
from tests.infrastructure.identity.conftest import NOON

PATIENCE_SECONDS = 0.3  # instead of two seconds
BOUND_SECONDS = 10.0  # what is not bounded waits for thirty seconds, and ten more
IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
LOCK = "LOCK TABLE identity.session IN EXCLUSIVE MODE"  # those who write are left without an answer


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    assert BOUND_SECONDS < ANSWER_SECONDS_MAX
    monkeypatch.setattr(primary, "PATIENCE_SECONDS", PATIENCE_SECONDS)


@asynccontextmanager
async def opened(store: PrimaryStore) -> AsyncIterator[PrimaryStore]:
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
async def silent() -> AsyncIterator[str]:
    """The address of a server that takes connections, and never says a word."""

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"postgresql://postgres@127.0.0.1:{port}/countersign?sslmode=disable&gssencmode=disable"
    server.close()


async def test_a_server_that_says_nothing_is_given_up_and_not_asked_again_at_once(silent: str) -> None:
    async with opened(PrimaryStore(silent)) as store:
        assert conninfo_to_dict(store.url)["connect_timeout"] == "2"
        async with asyncio.timeout(BOUND_SECONDS):
            with pytest.raises(PrimaryAwayError, match="does not answer"):
                async with store.connection():
                    pytest.fail("there is no connection")
            with pytest.raises(PrimaryAwayError, match="a moment ago"):
                async with store.connection():
                    pytest.fail("there is no connection")


async def test_a_statement_without_an_answer_is_given_up(database_url: str) -> None:
    """The connection was good: only the answer does not come, as where packets vanish."""
    with psycopg.connect(database_url) as other:
        async with opened(PrimaryStore(database_url)) as store:
            async with store.connection() as connection:
                assert isinstance(connection, PrimaryConnection)
                await connection.execute("SELECT 1")
            other.execute(LOCK)
            async with asyncio.timeout(BOUND_SECONDS):
                with pytest.raises(PrimaryAwayError, match="does not answer"):
                    async with store.connection() as connection:
                        await connection.execute("DELETE FROM identity.session")
                with pytest.raises(PrimaryAwayError, match="a moment ago"):
                    async with store.connection():
                        pytest.fail("it was away just now")
            other.rollback()


async def test_a_refusal_of_the_primary_is_no_absence(database_url: str) -> None:
    async with opened(PrimaryStore(database_url)) as store:
        with pytest.raises(psycopg.errors.QueryCanceled):
            await slept(store)
        async with store.connection() as connection:
            await connection.execute("SELECT 1")


async def slept(store: Store) -> None:
    """For longer than the server allows."""
    async with store.connection() as connection:
        await connection.execute("SET statement_timeout = 1")
        await connection.execute("SELECT pg_sleep(0.1)")


async def test_a_session_is_served_although_the_primary_is_silent(database_url: str) -> None:
    standby = Store(database_url, 2)
    await standby.pool.open(wait=True)
    async with opened(PrimaryStore(database_url)) as store:
        sessions = Sessions(standby, IDLE, ABSOLUTE, store)
        token, begun = await sessions.begin(SignIn(principal="wang", method="password"), NOON)
        later = NOON + timedelta(seconds=2 * TOUCH_SECONDS)
        with psycopg.connect(database_url) as other:
            other.execute(LOCK)
            async with asyncio.timeout(BOUND_SECONDS):
                session = await sessions.find(token, later)
            assert session == begun, "its use could not be stored"
            other.rollback()
    await standby.pool.close()
