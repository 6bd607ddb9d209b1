"""Accounts and the log: codes work once, links can be changed, the log can't be emptied before its time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from domain.access.principal import Grant
from domain.core.ledger import Role
from infrastructure.identity.accounts import DemoPerson
from infrastructure.identity.directory import FixedDirectory
from infrastructure.identity.security_log import SecurityEvent
from infrastructure.identity.service import Identity
from infrastructure.identity.sign_in import NewAdministrator, SignInRefusedError, Where, as_first_administrator
from tests.infrastructure.identity.conftest import NOON, MovedClock

PASSWORD = "correct horse battery"


async def appointed(identity: Identity, code: str, login: str) -> str:
    """How the sign-in as the first administrator ended: the code of its refusal, empty for none."""
    form = NewAdministrator(code, login, "高明", PASSWORD)
    try:
        await as_first_administrator(identity, form, Where("127.0.0.1", ""))
    except SignInRefusedError as refused:
        return refused.code
    return ""


async def test_a_code_appoints_one_administrator(identity: Identity, clock: MovedClock) -> None:
    code = await identity.accounts.new_code(clock())

    ended = await asyncio.gather(*(appointed(identity, code, f"admin-{nth}") for nth in range(5)))

    assert sorted(ended) == ["", *["code-wrong"] * 4]
    (principal,) = await identity.directory.administrators(clock())
    assert await identity.directory.name_of(principal) == "高明"
    assert await identity.has_administrator()


async def test_a_second_code_is_worth_nothing_once_there_is_an_administrator(
    identity: Identity, clock: MovedClock
) -> None:
    assert await appointed(identity, await identity.accounts.new_code(clock()), "gao") == ""
    assert await appointed(identity, await identity.accounts.new_code(clock()), "liu") == "code-wrong"
    assert await identity.directory.name_of("liu") is None


async def test_a_code_gives_no_one_the_account_of_another(
    identity: Identity, directory: FixedDirectory, clock: MovedClock
) -> None:
    directory.names["wang"] = "王敏"
    code = await identity.accounts.new_code(clock())
    assert await appointed(identity, code, "wang") == "name-taken"
    assert await appointed(identity, code, "admin") == ""


async def test_an_administrator_without_an_account_is_none(
    identity: Identity, directory: FixedDirectory, clock: MovedClock
) -> None:
    directory.grants["gao"] = [Grant(uuid4(), Role.ADMINISTRATOR, NOON)]
    assert not await identity.has_administrator()
    await identity.passwords.set("gao", "gao", PASSWORD, clock())
    assert await identity.has_administrator()


async def test_a_code_made_by_a_clock_that_was_ahead_ends_with_it(identity: Identity, clock: MovedClock) -> None:
    clock.move(days=365)
    code = await identity.accounts.new_code(clock())
    clock.move(minutes=-4)
    assert await identity.accounts.code_is_valid(code, clock()), "servers' clocks differ a little"
    clock.move(days=-365)
    assert not await identity.accounts.code_is_valid(code, clock())
    assert not await identity.accounts.use_code(code, clock())


async def test_a_code_expires_and_a_newer_one_replaces_it(identity: Identity, clock: MovedClock) -> None:
    first = await identity.accounts.new_code(clock())
    second = await identity.accounts.new_code(clock())
    assert not await identity.accounts.code_is_valid(first, clock())
    assert await identity.accounts.code_is_valid(second.replace("-", " ").upper(), clock())

    clock.move(hours=1)
    assert not await identity.accounts.use_code(second, clock())


async def test_a_person_at_a_provider_is_linked(identity: Identity, clock: MovedClock) -> None:
    assert await identity.accounts.principal_of("https://idp", "1") is None
    for principal in ("wang", "li"):
        await identity.accounts.link("https://idp", "1", principal, clock())
        assert await identity.accounts.principal_of("https://idp", "1") == principal
    assert await identity.accounts.principal_of("https://other", "1") is None


async def test_demo_people_are_offered_in_their_order(identity: Identity) -> None:
    people = [
        DemoPerson("王芳", "王芳", Role.OFFICER, "land", "自然资源局"),
        DemoPerson("高明", "高明", Role.SUPERVISOR),
    ]
    await identity.accounts.add_demo_people(people)
    await identity.accounts.add_demo_people(people)

    assert [person.principal for person in await identity.accounts.demo_people()] == ["王芳", "高明"]


async def test_the_log_is_read_newest_first(identity: Identity, clock: MovedClock) -> None:
    for principal in ("wang", "li"):
        await identity.log.add(SecurityEvent.SIGNED_IN, clock(), principal=principal, detail="a\0b" * 1000)

    assert [entry.principal for entry in await identity.log.read(NOON)] == ["li", "wang"]
    assert [entry.principal for entry in await identity.log.read(NOON, principal="wang")] == ["wang"]
    assert not await identity.log.read(NOON, kind="signed_out")
    assert not await identity.log.read(NOON + timedelta(seconds=1))


async def test_no_one_deletes_the_log_before_180_days(identity: Identity, database_url: str) -> None:
    now = datetime.now(UTC)
    for days in (181, 179):
        await identity.log.add(SecurityEvent.SIGNED_IN, now - timedelta(days=days), principal=str(days))

    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT identity.prune_security_log(%s)", [now]).fetchone() == (1,)
    assert [entry.principal for entry in await identity.log.read(NOON - timedelta(days=9999))] == ["179"]
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE countersign_app")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM identity.security_log")
