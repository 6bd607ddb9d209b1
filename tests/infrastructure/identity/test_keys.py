"""API keys: looked up by id, compared by digest, two at a time, with an expiry and the hour of their last use."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from types import SimpleNamespace
from uuid import uuid4

import pytest
from msgspec import structs

from domain.access.principal import Grant, Key, PrincipalKind
from domain.core.ledger import Role
from infrastructure.identity.directory import FixedDirectory
from infrastructure.identity.keys import KeyRefusedError
from infrastructure.identity.service import Identity, IdentityOptions
from infrastructure.identity.tokens import API_KEY, new_key
from infrastructure.ledger.reader import Store
from tests.infrastructure.identity.conftest import NOON, MovedClock

OLD = new_key()
NEW = new_key(OLD.id)
GRANT = Grant(uuid4(), Role.INTEGRATOR, NOON, over="land")
KEY = Key(OLD.id, "land-system", GRANT.id, (OLD.digest, NEW.digest), ("commands:*", "feed"), NOON + timedelta(hours=9))


@pytest.fixture
def directory() -> FixedDirectory:
    return FixedDirectory({"land-system": "国土系统"}, {"land-system": [GRANT]}, {OLD.id: KEY})


def test_a_key_has_its_form() -> None:
    assert API_KEY.fullmatch(OLD.text)
    assert NEW.id == OLD.id
    assert NEW.text != OLD.text


@pytest.mark.parametrize("text", [OLD.text, NEW.text], ids=["old", "new"])
async def test_both_secrets_of_a_key_work(identity: Identity, text: str) -> None:
    use = await identity.program(text)

    assert (use.caller.id, use.caller.kind, use.caller.role) == ("land-system", PrincipalKind.PROGRAM, Role.INTEGRATOR)
    assert (use.caller.over, use.caller.scopes, use.bucket) == ("land", ("commands:*", "feed"), OLD.id)


async def test_last_use_is_stored_to_the_hour(identity: Identity, clock: MovedClock) -> None:
    assert await identity.keys.last_use(OLD.id) is None
    clock.move(minutes=75)
    await identity.program(OLD.text)
    assert await identity.keys.last_use(OLD.id) == NOON + timedelta(hours=1)
    clock.move(minutes=60)
    identity.forget()
    await identity.program(OLD.text)
    assert await identity.keys.last_use(OLD.id) == NOON + timedelta(hours=2)


@pytest.mark.parametrize(
    "text",
    ["", "cs_live_", OLD.text[:-1], OLD.text + "0", new_key(OLD.id).text, new_key().text, "a.b.c", OLD.text.upper()],
    ids=["empty", "prefix", "shorter", "longer", "other-secret", "other-key", "token", "capitals"],
)
async def test_any_other_text_is_refused(identity: Identity, text: str) -> None:
    with pytest.raises(KeyRefusedError):
        await identity.program(text)


async def test_an_expired_key_is_refused(identity: Identity, clock: MovedClock) -> None:
    clock.move(hours=9)
    with pytest.raises(KeyRefusedError, match="expired"):
        await identity.program(OLD.text)


async def test_a_revoked_key_is_refused(identity: Identity, directory: FixedDirectory) -> None:
    await identity.program(OLD.text)
    del directory.keys[OLD.id]
    await identity.changed()
    assert identity.known_program(OLD.text.encode()) is None
    with pytest.raises(KeyRefusedError):
        await identity.program(OLD.text)


async def test_a_key_ends_with_its_grant(identity: Identity, directory: FixedDirectory) -> None:
    directory.grants["land-system"] = []
    with pytest.raises(KeyRefusedError, match="grant"):
        await identity.program(OLD.text)


async def test_an_old_secret_ends_without_the_new_one(identity: Identity, directory: FixedDirectory) -> None:
    for new in (OLD, NEW):
        await identity.program(new.text)
    directory.keys[OLD.id] = structs.replace(KEY, digests=(NEW.digest,))
    await identity.changed()
    await identity.program(NEW.text)
    assert identity.known_program(OLD.text.encode()) is None
    with pytest.raises(KeyRefusedError, match="secret"):
        await identity.program(OLD.text)


async def test_a_key_is_not_known_beyond_its_expiry(
    store: Store, clock: MovedClock, directory: FixedDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.move(hours=9, seconds=-1)
    async with Identity(store, "", IdentityOptions(), directory, clock) as identity:  # listening, it forgets at first
        began = monotonic()
        await identity.program(OLD.text)
        entered = identity.known_program(OLD.text.encode())
        later = SimpleNamespace(monotonic=lambda: began + 4.0)  # but for its expiry a key is known for five seconds
        monkeypatch.setattr("infrastructure.identity.lookup_cache.time", later)
        assert identity.known_program(OLD.text.encode()) is None
        monkeypatch.undo()
        assert entered is not None or monotonic() > began + 1, "known until then"
        clock.move(seconds=1)
        identity.forget()
        with pytest.raises(KeyRefusedError, match="expired"):
            await identity.program(OLD.text)
