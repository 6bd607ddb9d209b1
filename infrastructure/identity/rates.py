"""Rates of attempts: GCRA in an unlogged table for sign-in, token buckets in memory for API keys.

The wait for sign-in grows with each failure of one account from one address; other addresses are not locked out by it.
An account that has signed in from an address before is not limited there by what others do elsewhere. A wait longer
than the longest was counted by a clock that has been set back since, and is ignored: it could last a year.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import LiteralString

from msgspec import Struct

from infrastructure.ledger.reader import Store

FREE_FAILURES = 3  # typing errors
WAIT_SECONDS_FIRST, WAIT_SECONDS_MAX = 2, 900
FORGOTTEN_HOURS = 24
TRUSTED_HOURS = 24 * 30
BUCKETS_MAX = 10_000
TAKE: LiteralString = """
    INSERT INTO identity.rate AS r (key, arrival_at) VALUES (%(key)s, %(now)s + %(interval)s)
    ON CONFLICT (key) DO UPDATE SET arrival_at = %(interval)s + CASE
            WHEN r.arrival_at BETWEEN %(now)s AND %(now)s + %(span)s THEN r.arrival_at ELSE %(now)s END
        WHERE r.arrival_at <= %(now)s + %(span)s - %(interval)s OR r.arrival_at > %(now)s + %(span)s
    RETURNING arrival_at
"""
PEEK: LiteralString = "SELECT arrival_at, failures, trusted FROM identity.rate WHERE key = %s"
FAILED: LiteralString = """
    INSERT INTO identity.rate AS r (key, arrival_at, failures) VALUES (%(key)s, %(now)s, 1)
    ON CONFLICT (key) DO UPDATE SET failures = r.failures + 1, arrival_at = %(now)s + least(
        %(first)s * power(2, least(greatest(r.failures - %(free)s, 0), 20)), %(max)s
    ) * interval '1 second' * (r.failures >= %(free)s)::int
"""
SUCCEEDED: LiteralString = """
    INSERT INTO identity.rate (key, arrival_at, trusted) VALUES (%(key)s, %(now)s, true)
    ON CONFLICT (key) DO UPDATE SET failures = 0, arrival_at = %(now)s, trusted = true
"""
GIVE_BACK: LiteralString = "UPDATE identity.rate SET arrival_at = arrival_at - %s WHERE key = %s"
PRUNE: LiteralString = """
    DELETE FROM identity.rate WHERE arrival_at < %s - interval '1 hour' * (CASE WHEN trusted THEN %s ELSE %s END)
"""


class RatePolicy(Struct, frozen=True):
    """At most *burst* at once, and *burst* in *window_seconds* over time."""

    name: str
    burst: int
    window_seconds: int

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.window_seconds / self.burst)

    @property
    def span(self) -> timedelta:
        return timedelta(seconds=self.window_seconds)


BY_ADDRESS = RatePolicy("sign-in", 30, 120)  # failures: an office behind one address signs in at nine
BY_ACCOUNT = RatePolicy("sign-in-account", 100, 3600)  # from addresses that the account was never used at


class RateWait(Struct, frozen=True):
    """How long to wait before the next attempt, and which policy asks for it."""

    seconds: int
    policy: RatePolicy


class SignInRates:
    """Sign-in attempts in one database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def take(self, policy: RatePolicy, key: str, now: datetime) -> RateWait | None:
        """Count one attempt of *key*; how long to wait where there were too many."""
        key = f"{policy.name}:{key}"
        params = {"key": key, "now": now, "interval": policy.interval, "span": policy.span}
        async with self._store.connection() as connection:
            if await (await connection.execute(TAKE, params)).fetchone():
                return None
            row = await (await connection.execute(PEEK, [key])).fetchone()
        arrival = row[0] if row else now
        return RateWait(max(1, ceil((arrival + policy.interval - policy.span - now).total_seconds())), policy)

    async def before_sign_in(self, account: str, address: str, now: datetime) -> RateWait | None:
        """How long *account* has to wait at *address* before another attempt; None where it may try."""
        if wait := await self.take(BY_ADDRESS, address, now):
            return wait
        if not account:
            return None
        async with self._store.connection() as connection:
            row = await (await connection.execute(PEEK, [_pair(account, address)])).fetchone()
        blocked_until, _, trusted = row or (now, 0, False)
        if now < blocked_until <= now + timedelta(seconds=WAIT_SECONDS_MAX):
            return RateWait(ceil((blocked_until - now).total_seconds()), BY_ADDRESS)
        return None if trusted else await self.take(BY_ACCOUNT, account, now)

    async def failed(self, account: str, address: str, now: datetime) -> None:
        """Count a failure: the wait doubles with each after the third."""
        params = {"key": _pair(account, address), "now": now, "free": FREE_FAILURES}
        async with self._store.connection() as connection:
            await connection.execute(FAILED, params | {"first": WAIT_SECONDS_FIRST, "max": WAIT_SECONDS_MAX})

    async def succeeded(self, account: str, address: str, now: datetime) -> None:
        """Forget the failures of *account* at *address*; an attempt that succeeded does not count for the address."""
        async with self._store.connection() as connection:
            if account:
                await connection.execute(SUCCEEDED, {"key": _pair(account, address), "now": now})
            await connection.execute(GIVE_BACK, [BY_ADDRESS.interval, f"{BY_ADDRESS.name}:{address}"])

    async def prune(self, now: datetime) -> None:
        """Delete expired rows, which no longer limit anything."""
        async with self._store.connection() as connection:
            await connection.execute(PRUNE, [now, TRUSTED_HOURS, FORGOTTEN_HOURS])


def _pair(account: str, address: str) -> str:
    return f"pair:{address}:{account}"


class Allowance(Struct, frozen=True):
    """The answer of a token bucket: whether a request is allowed, how many are left, and seconds until it is full or
    has one.
    """

    allowed: bool
    remaining: int
    seconds: int


class TokenBucket(Struct):
    """The tokens of one key."""

    tokens: float
    filled_at: float


class TokenBuckets:
    """One bucket per key, in this process: refilled with *per_second* tokens a second, up to *burst*."""

    def __init__(self, per_second: float, burst: int) -> None:
        self.per_second, self.burst = per_second, burst
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, key: str, now: float) -> Allowance:
        """Take a token of *key* at *now*, in seconds of a monotonic clock."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= BUCKETS_MAX:
                self._drop_full(now)
            bucket = self._buckets[key] = TokenBucket(float(self.burst), now)
        tokens = bucket.tokens + (now - bucket.filled_at) * self.per_second
        if tokens > self.burst:  # noqa: PLR1730 min() takes longer, and this is done for each request
            tokens = self.burst
        bucket.filled_at = now
        if tokens < 1:
            bucket.tokens = tokens
            return Allowance(allowed=False, remaining=0, seconds=max(1, ceil((1 - tokens) / self.per_second)))
        bucket.tokens = tokens - 1
        return Allowance(
            allowed=True,
            remaining=int(bucket.tokens),
            seconds=ceil((self.burst - bucket.tokens) / self.per_second),
        )

    def _drop_full(self, now: float) -> None:
        """Full buckets limit nothing; where all are in use, the oldest half goes."""
        full = [k for k, b in self._buckets.items() if b.tokens + (now - b.filled_at) * self.per_second >= self.burst]
        for key in full or list(self._buckets)[: BUCKETS_MAX // 2]:
            del self._buckets[key]
