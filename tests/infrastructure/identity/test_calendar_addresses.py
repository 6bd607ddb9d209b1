"""Addresses of calendars: a token represents a grant until either ends; only its digest is stored."""

from __future__ import annotations

from uuid import uuid4

import psycopg

from domain.access.principal import Grant
from domain.core.ledger import Role
from infrastructure.identity.calendar_addresses import ADDRESSES_MAX
from infrastructure.identity.directory import FixedDirectory
from infrastructure.identity.service import Identity
from tests.infrastructure.identity.conftest import NOON, MovedClock

OFFICER = Grant(uuid4(), Role.OFFICER, NOON, over="land")


async def test_an_address_acts_for_its_grant_until_it_is_ended(
    identity: Identity, directory: FixedDirectory, clock: MovedClock, database_url: str
) -> None:
    directory.names["li"], directory.grants["li"] = "李强", [OFFICER]
    token = await identity.calendars.make("li", OFFICER.id, clock())
    assert token is not None
    reader = await identity.calendar_reader(token)
    assert reader is not None
    assert (reader.id, reader.role, reader.over) == ("li", Role.OFFICER, "land")
    with psycopg.connect(database_url) as connection:
        stored = connection.execute("SELECT a::text FROM identity.calendar_address AS a").fetchall()
    assert token not in str(stored)

    (address,) = await identity.calendars.of("li")
    assert address.used_at == NOON
    assert not await identity.calendars.end("wang", address.id), "it is another's"
    assert await identity.calendars.end("li", address.id)
    assert await identity.calendar_reader(token) is None


async def test_an_address_shows_nothing_once_its_grant_has_ended(
    identity: Identity, directory: FixedDirectory, clock: MovedClock
) -> None:
    directory.names["li"], directory.grants["li"] = "李强", [OFFICER]
    token = await identity.calendars.make("li", OFFICER.id, clock()) or ""
    directory.grants["li"] = [Grant(uuid4(), Role.LEADER, NOON)]
    assert await identity.calendar_reader(token) is None
    assert await identity.calendar_reader("nonsense") is None


async def test_a_person_has_so_many_addresses(identity: Identity, clock: MovedClock) -> None:
    made = [await identity.calendars.make("li", OFFICER.id, clock()) for _ in range(ADDRESSES_MAX + 1)]
    assert [token is None for token in made] == [*[False] * ADDRESSES_MAX, True]
