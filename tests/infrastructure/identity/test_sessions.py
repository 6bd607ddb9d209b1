"""Sessions: only digests are stored, both expiries hold, tokens change with the role, an end is an end everywhere."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from uuid import uuid4

import psycopg
import pytest

from domain.access.principal import Grant
from domain.core.ledger import Role
from infrastructure.identity.directory import FixedDirectory
from infrastructure.identity.service import Identity, IdentityOptions
from infrastructure.identity.sessions import SignIn
from infrastructure.ledger.reader import Store
from tests.infrastructure.identity.conftest import NOON, MovedClock

SECONDS_MAX = 60
WANG = SignIn(principal="wang", method="password", address="10.0.0.7", browser="Firefox " * 100)
OFFICER, LEADER = (Grant(uuid4(), role, NOON) for role in (Role.OFFICER, Role.LEADER))


@pytest.fixture
def directory() -> FixedDirectory:
    return FixedDirectory({"wang": "王敏"}, {"wang": [OFFICER]})


async def test_a_session_is_found_by_its_token_alone(identity: Identity, database_url: str) -> None:
    token, begun = await identity.begin(WANG)

    signed_in = await identity.signed_in(token)
    assert signed_in == begun
    assert signed_in is not None
    assert signed_in.caller is not None
    assert (signed_in.caller.id, signed_in.caller.role, signed_in.session.address) == ("wang", Role.OFFICER, "10.0.0.7")
    assert await identity.signed_in(token[:-1] + "x") is None
    assert await identity.signed_in("") is None
    with psycopg.connect(database_url) as connection:
        stored = connection.execute("SELECT s::text, digest FROM identity.session AS s").fetchall()
    assert [digest for _, digest in stored] == [sha256(token.encode()).digest()]
    assert token not in stored[0][0]


async def test_an_unused_session_ends(identity: Identity, clock: MovedClock) -> None:
    token, _ = await identity.begin(WANG)

    for _ in range(3):
        clock.move(minutes=29)
        assert await identity.sessions.find(token, clock())
    clock.move(minutes=30)
    assert await identity.sessions.find(token, clock()) is None


async def test_a_session_begun_by_a_clock_that_was_ahead_does_not_outlast_it(
    identity: Identity, clock: MovedClock
) -> None:
    clock.move(days=365)
    token, begun = await identity.begin(WANG)
    assert await identity.sessions.find(token, clock())
    clock.move(minutes=-4)
    assert await identity.sessions.of("wang", clock()) == [begun.session], "servers' clocks differ a little"

    clock.move(days=-365)

    assert await identity.sessions.find(token, clock()) is None
    assert await identity.sessions.of("wang", clock()) == []


async def test_a_used_session_ends_after_its_hours(identity: Identity, clock: MovedClock) -> None:
    token, _ = await identity.begin(WANG)

    for _ in range(12 * 3 - 1):
        clock.move(minutes=20)
        assert await identity.sessions.find(token, clock())
    clock.move(minutes=20)
    assert await identity.sessions.find(token, clock()) is None


async def test_last_use_is_stored_once_a_minute(identity: Identity, clock: MovedClock) -> None:
    token, begun = await identity.begin(WANG)

    clock.move(seconds=59)
    await identity.sessions.find(token, clock())
    assert (await identity.sessions.of("wang", clock()))[0].touched_at == begun.session.touched_at
    clock.move(seconds=1)
    await identity.sessions.find(token, clock())
    assert (await identity.sessions.of("wang", clock()))[0].touched_at == clock()


async def test_an_open_page_does_not_prolong_its_session(identity: Identity, clock: MovedClock) -> None:
    token, begun = await identity.begin(WANG)

    clock.move(minutes=20)
    assert await identity.still_signed_in(token) == begun
    clock.move(minutes=10)
    assert await identity.still_signed_in(token) is None


async def test_another_role_comes_with_another_token(identity: Identity, directory: FixedDirectory) -> None:
    directory.grants["wang"] = [OFFICER, LEADER]
    token, begun = await identity.begin(WANG)
    assert begun.caller is None  # of two roles, none is taken for granted

    renewed = await identity.sessions.choose(token, LEADER.id)
    await identity.changed()

    assert renewed is not None
    assert await identity.signed_in(token) is None
    signed_in = await identity.signed_in(renewed)
    assert signed_in is not None
    assert signed_in.caller is not None
    assert (signed_in.caller.role, signed_in.session.id) == (Role.LEADER, begun.session.id)
    assert await identity.sessions.choose(token, OFFICER.id) is None


async def test_a_grant_that_ended_no_longer_acts(identity: Identity, directory: FixedDirectory) -> None:
    token, _ = await identity.begin(WANG)
    directory.grants["wang"] = []
    identity.forget()

    signed_in = await identity.signed_in(token)
    assert signed_in is not None
    assert signed_in.caller is None


async def test_a_closed_principal_has_no_session(identity: Identity, directory: FixedDirectory) -> None:
    token, _ = await identity.begin(WANG)
    del directory.names["wang"]
    identity.forget()

    assert await identity.signed_in(token) is None


async def test_sessions_are_listed_and_ended_by_their_owner_alone(identity: Identity, clock: MovedClock) -> None:
    tokens = []
    for _ in range(3):
        clock.move(seconds=1)
        tokens.append((await identity.begin(WANG))[0])
    listed = await identity.sessions.of("wang", clock())
    assert len(listed) == 3
    assert len(listed[0].browser) == 200

    assert not await identity.sessions.end_session("li", listed[1].id)
    assert await identity.sessions.end_session("wang", listed[1].id)
    assert await identity.sessions.end_all("wang", but=listed[0].id) == 1
    assert [session.id for session in await identity.sessions.of("wang", clock())] == [listed[0].id]
    assert await identity.sessions.end(tokens[2]) == listed[0].id
    assert await identity.sessions.end(tokens[2]) is None


async def test_another_server_hears_of_an_end(
    identity: Identity, store: Store, database_url: str, directory: FixedDirectory, clock: MovedClock
) -> None:
    token, _ = await identity.begin(WANG)
    async with Identity(store, database_url, IdentityOptions(), directory, clock) as other:
        async with asyncio.timeout(SECONDS_MAX):
            while not await _listeners(database_url, 2):  # noqa: ASYNC110  PostgreSQL has no event for it
                await asyncio.sleep(0.05)
            assert await other.signed_in(token)

            await identity.sessions.end(token)
            await identity.changed()

            while await other.signed_in(token):  # noqa: ASYNC110  the notification is on its way
                await asyncio.sleep(0.01)


async def _listeners(url: str, wanted: int) -> bool:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN countersign_identity%'"
        )
        return await cursor.fetchone() == (wanted,)
