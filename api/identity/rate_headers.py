"""What a rate still allows, as headers of an answer (draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

from functools import lru_cache

from infrastructure.identity.rates import Allowance, TokenBuckets

STATES_CACHED_MAX = 1000  # a key at its usual pace is in some dozens of states

RateHeaders = tuple[tuple[bytes, bytes], ...]


def rate_headers(policy: str, buckets: TokenBuckets, allowance: Allowance) -> RateHeaders:
    """The headers for one request that was counted against *buckets*, which fill within the seconds *w*."""
    return _headers(policy, buckets.burst, buckets.per_second, allowance.remaining, allowance.seconds)


@lru_cache(STATES_CACHED_MAX)
def _headers(policy: str, burst: int, per_second: float, remaining: int, seconds: int) -> RateHeaders:
    """The headers of one policy in one state."""
    return (
        (b"ratelimit-policy", f'"{policy}";q={burst};w={round(burst / per_second)}'.encode()),
        (b"ratelimit", f'"{policy}";r={remaining};t={seconds}'.encode()),
    )
