"""Wrong tries: five, then waits that grow; a stranger keeps no one from their own case."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from infrastructure.ledger.reader import Store
from infrastructure.window.tracking_rates import (
    OF_ADDRESS,
    OF_CASE,
    OF_CASE_AT_ADDRESS,
    TrackingRates,
    network_of,
)

NOW = datetime(2026, 5, 20, 10, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module")
async def rates(shared_database_url: str) -> AsyncIterator[TrackingRates]:
    store = Store(shared_database_url, 4)
    await store.pool.open()
    yield TrackingRates(store)
    await store.pool.close()


def somewhere() -> str:
    return f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"


async def test_after_five_tries_each_waits_twice_as_long(rates: TrackingRates) -> None:
    number, address = uuid4().hex, somewhere()
    assert [await rates.begin(number, address, NOW) for _ in range(OF_CASE_AT_ADDRESS.free)] == [0] * 5
    now, waits = NOW, []
    for _ in range(4):
        wait = await rates.begin(number, address, now)
        waits.append(wait)
        now += timedelta(seconds=wait)
        assert await rates.begin(number, address, now) == 0  # judged, wrong again, and counted
    assert waits == [30, 60, 120, 240]


async def test_the_wait_after_failures_has_a_maximum(rates: TrackingRates) -> None:
    number, address, now = uuid4().hex, somewhere(), NOW
    longest = 0
    for _ in range(16):
        while wait := await rates.begin(number, address, now):
            longest = max(longest, wait)
            now += timedelta(seconds=wait)
    assert longest == OF_CASE_AT_ADDRESS.longest


async def test_tries_at_once_are_no_more_than_so_many(rates: TrackingRates) -> None:
    number, address = uuid4().hex, somewhere()
    waits = await asyncio.gather(*(rates.begin(number, address, NOW) for _ in range(30)))
    assert sum(wait == 0 for wait in waits) == OF_CASE_AT_ADDRESS.free


async def test_the_right_code_forgets_the_wrong_ones(rates: TrackingRates) -> None:
    number, address = uuid4().hex, somewhere()
    for _ in range(OF_CASE_AT_ADDRESS.free - 1):
        assert await rates.begin(number, address, NOW) == 0
    await rates.succeeded(number, address, NOW)
    for _ in range(OF_CASE_AT_ADDRESS.free):
        assert await rates.begin(number, address, NOW) == 0


async def test_one_address_goes_through_so_many_numbers_and_no_more(rates: TrackingRates) -> None:
    address = somewhere()
    for _ in range(OF_ADDRESS.free):
        assert await rates.begin(uuid4().hex, address, NOW) == 0
    assert await rates.begin(uuid4().hex, address, NOW) > 0
    assert await rates.begin(uuid4().hex, somewhere(), NOW) == 0


async def test_a_case_is_guarded_against_guesses_from_everywhere(rates: TrackingRates) -> None:
    number = uuid4().hex
    for _ in range(OF_CASE.free):
        assert await rates.begin(number, somewhere(), NOW) == 0
    assert await rates.begin(number, somewhere(), NOW) > 0


async def test_who_was_right_before_is_not_held_up_by_strangers(rates: TrackingRates) -> None:
    number, own = uuid4().hex, somewhere()
    assert await rates.begin(number, own, NOW) == 0
    await rates.succeeded(number, own, NOW)
    while await rates.begin(number, somewhere(), NOW) == 0:
        continue
    assert await rates.begin(number, own, NOW) == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unix", "unix"),
    ],
)
def test_a_subscriber_is_one_network(address: str, network: str) -> None:
    assert network_of(address) == network
