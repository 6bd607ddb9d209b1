"""A database that takes no changes serves the sessions and keys that exist, and signs no one in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from psycopg.conninfo import make_conninfo

from domain.access.principal import Grant, Key
from domain.core.ledger import Role
from infrastructure.identity.directory import FixedDirectory
from infrastructure.identity.security_log import SecurityEvent
from infrastructure.identity.service import Identity, IdentityOptions
from infrastructure.identity.sessions import SignIn
from infrastructure.identity.sign_in import Where, by_password
from infrastructure.identity.tokens import new_key
from infrastructure.ledger.reader import Store
from tests.infrastructure.identity.conftest import NOON, MovedClock

KEY = new_key()
GRANT = Grant(uuid4(), Role.OFFICER, NOON)
PASSWORD = "correct horse battery"


@pytest.fixture
def directory() -> FixedDirectory:
    keys = {KEY.id: Key(KEY.id, "wang", GRANT.id, (KEY.digest,), ())}
    return FixedDirectory({"wang": "王敏"}, {"wang": [GRANT]}, keys)


@pytest_asyncio.fixture
async def standby(
    database_url: str, clock: MovedClock, directory: FixedDirectory, identity: Identity
) -> AsyncIterator[Identity]:
    """The same database by sessions that may change nothing; *identity* may."""
    url = make_conninfo(database_url, options="-c default_transaction_read_only=on")
    store = Store(url, 2)
    await store.pool.open(wait=True)
    async with Identity(store, url, IdentityOptions(), directory, clock) as opened:
        yield opened
    await store.pool.close()


async def test_a_session_that_exists_is_served(identity: Identity, standby: Identity, clock: MovedClock) -> None:
    token, begun = await identity.begin(SignIn(principal="wang", method="password"))
    clock.move(minutes=5)

    signed_in = await standby.signed_in(token)
    assert signed_in is not None
    assert signed_in.session.touched_at == begun.session.touched_at  # the use could not be stored
    clock.move(minutes=25)
    standby.forget()
    assert await standby.signed_in(token) is None


async def test_a_key_works(standby: Identity) -> None:
    assert (await standby.program(KEY.text)).caller.id == "wang"
    await standby.changed()


async def test_no_one_signs_in(identity: Identity, standby: Identity) -> None:
    await identity.passwords.set("wang", "wang", PASSWORD, NOON)

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        await by_password(standby, "wang", PASSWORD, Where("10.0.0.7", ""))


async def test_a_security_event_goes_to_the_servers_log(standby: Identity, capsys: pytest.CaptureFixture[str]) -> None:
    await standby.log.add(SecurityEvent.KEY_REFUSED, NOON, detail="abcd expired")

    written = capsys.readouterr().out
    assert "security_event_not_recorded" in written
    assert "abcd expired" in written
    assert not await standby.log.read(NOON)
