"""Rates: a burst and then a pace, waits that grow by account and address, no lock-out of others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.identity.rates import BUCKETS_MAX, BY_ADDRESS, WAIT_SECONDS_MAX, RatePolicy, TokenBuckets
from infrastructure.identity.service import Identity
from tests.infrastructure.identity.conftest import MovedClock

THREE = RatePolicy("three", 3, 30)


async def test_a_burst_passes_and_then_one_an_interval(identity: Identity, clock: MovedClock) -> None:
    assert [await identity.rates.take(THREE, "a", clock()) for _ in range(3)] == [None] * 3
    wait = await identity.rates.take(THREE, "a", clock())
    assert wait is not None
    assert wait.seconds == 10
    assert await identity.rates.take(THREE, "b", clock()) is None

    clock.move(seconds=9)
    assert await identity.rates.take(THREE, "a", clock()) is not None
    clock.move(seconds=1)
    assert await identity.rates.take(THREE, "a", clock()) is None
    assert await identity.rates.take(THREE, "a", clock()) is not None


async def test_the_wait_doubles_with_each_failure(identity: Identity, clock: MovedClock) -> None:
    waits = []
    for _ in range(14):
        clock.move(hours=1)
        await identity.rates.failed("wang", "10.0.0.7", clock())
        wait = await identity.rates.before_sign_in("wang", "10.0.0.7", clock())
        waits.append(wait.seconds if wait else 0)

    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


async def test_failures_elsewhere_lock_out_no_one(identity: Identity, clock: MovedClock) -> None:
    for _ in range(10):
        await identity.rates.failed("wang", "6.6.6.6", clock())

    assert await identity.rates.before_sign_in("wang", "6.6.6.6", clock())
    assert await identity.rates.before_sign_in("wang", "10.0.0.7", clock()) is None
    assert await identity.rates.before_sign_in("li", "6.6.6.6", clock()) is None


async def test_where_an_account_signed_in_before_a_flood_from_elsewhere_does_not_count(
    identity: Identity, clock: MovedClock
) -> None:
    await identity.rates.succeeded("wang", "10.0.0.7", clock())
    for nth in range(110):
        await identity.rates.before_sign_in("wang", f"6.6.6.{nth}", clock())

    assert await identity.rates.before_sign_in("wang", "6.6.7.1", clock())
    assert await identity.rates.before_sign_in("wang", "10.0.0.7", clock()) is None


async def test_success_ends_the_wait(identity: Identity, clock: MovedClock) -> None:
    for _ in range(5):
        await identity.rates.failed("wang", "10.0.0.7", clock())
    await identity.rates.succeeded("wang", "10.0.0.7", clock())

    assert await identity.rates.before_sign_in("wang", "10.0.0.7", clock()) is None


async def test_an_address_has_a_burst_over_all_accounts(identity: Identity, clock: MovedClock) -> None:
    for nth in range(BY_ADDRESS.burst):
        assert await identity.rates.before_sign_in(f"account-{nth}", "6.6.6.6", clock()) is None
    assert await identity.rates.before_sign_in("another", "6.6.6.6", clock())


async def test_waits_of_a_clock_that_was_a_year_ahead_hold_up_no_one(identity: Identity, clock: MovedClock) -> None:
    clock.move(days=365)
    for _ in range(BY_ADDRESS.burst + 1):
        await identity.rates.before_sign_in("wang", "10.0.0.7", clock())
        await identity.rates.failed("wang", "10.0.0.7", clock())
    assert await identity.rates.before_sign_in("wang", "10.0.0.7", clock())

    clock.move(days=-365)

    assert await identity.rates.before_sign_in("wang", "10.0.0.7", clock()) is None
    assert await identity.rates.before_sign_in("li", "10.0.0.7", clock()) is None
    await identity.rates.failed("wang", "10.0.0.7", clock())
    wait = await identity.rates.before_sign_in("wang", "10.0.0.7", clock())
    assert wait is not None, "failures count on by the right time"
    assert wait.seconds == WAIT_SECONDS_MAX


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_a_bucket_never_gives_more_than_burst_and_flow(pauses: list[float]) -> None:
    buckets, now, taken = TokenBuckets(2, 4), 0.0, 0
    for pause in pauses:
        now += pause
        allowance = buckets.take("key", now)
        taken += allowance.allowed
        assert allowance.allowed or allowance.seconds >= 1
        assert taken <= 4 + 2 * now + 1e-6


def test_buckets_are_bounded() -> None:
    buckets = TokenBuckets(1, 1)
    for nth in range(BUCKETS_MAX + 10):
        buckets.take(f"key-{nth}", 0.0)
    assert len(buckets._buckets) <= BUCKETS_MAX


@pytest.mark.parametrize("burst", [1, 5])
def test_a_full_bucket_lets_a_burst_pass(burst: int) -> None:
    buckets = TokenBuckets(1, burst)
    assert [buckets.take("key", 0.0).allowed for _ in range(burst + 1)] == [True] * burst + [False]
