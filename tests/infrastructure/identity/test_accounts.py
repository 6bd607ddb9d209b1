"""Accounts and the log: codes work once, links can be changed, the log can't be emptied before its time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from domain.core.ledger import Role
from infrastructure.identity.accounts import DemoPerson
from infrastructure.identity.security_log import SecurityEvent
from infrastructure.identity.service import Identity
from tests.infrastructure.identity.conftest import NOON, MovedClock


async def test_a_code_appoints_one_administrator(identity: Identity, clock: MovedClock) -> None:
    code = await identity.accounts.new_code(clock())

    attempts = [identity.accounts.appoint(code, f"admin-{nth}", "高明", clock()) for nth in range(5)]
    appointed = [person for person in await asyncio.gather(*attempts) if person]

    assert len(appointed) == 1
    assert await identity.directory.name_of(appointed[0].principal) == "高明"
    grants = await identity.directory.grants_of(appointed[0].principal, clock())
    assert [grant.role for grant in grants] == [Role.ADMINISTRATOR]


async def test_a_second_code_is_worth_nothing_once_there_is_an_administrator(
    identity: Identity, clock: MovedClock
) -> None:
    assert await identity.accounts.appoint(await identity.accounts.new_code(clock()), "a", "甲", clock())
    assert await identity.accounts.appoint(await identity.accounts.new_code(clock()), "b", "乙", clock()) is None
    assert await identity.directory.name_of("b") is None


async def test_a_code_expires_and_a_newer_one_replaces_it(identity: Identity, clock: MovedClock) -> None:
    first = await identity.accounts.new_code(clock())
    second = await identity.accounts.new_code(clock())
    assert not await identity.accounts.code_is_valid(first, clock())
    assert await identity.accounts.code_is_valid(second.replace("-", " ").upper(), clock())

    clock.move(hours=1)
    assert await identity.accounts.appoint(second, "a", "甲", clock()) is None


async def test_a_person_at_a_provider_is_linked(identity: Identity, clock: MovedClock) -> None:
    assert await identity.accounts.principal_of("https://idp", "1") is None
    for principal in ("wang", "li"):
        await identity.accounts.link("https://idp", "1", principal, clock())
        assert await identity.accounts.principal_of("https://idp", "1") == principal
    assert await identity.accounts.principal_of("https://other", "1") is None


async def test_demo_people_are_principals(identity: Identity, clock: MovedClock) -> None:
    people = [
        DemoPerson("王芳", "王芳", Role.OFFICER, "land", "自然资源局"),
        DemoPerson("高明", "高明", Role.SUPERVISOR),
    ]
    await identity.accounts.add_demo_people(people)
    await identity.accounts.add_demo_people(people)

    assert [person.principal for person in await identity.accounts.demo_people()] == ["王芳", "高明"]
    ((grant),) = await identity.directory.grants_of("王芳", clock())
    assert (grant.role, grant.over) == (Role.OFFICER, "land")


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

    assert await identity.log.prune(now) == 1
    assert [entry.principal for entry in await identity.log.read(NOON - timedelta(days=9999))] == ["179"]
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE countersign_app")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM identity.security_log")
