"""What a rate still allows, as headers of an answer (draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

from functools import cache

from api.identity.visit import Pairs
from infrastructure.identity.rates import Allowance, TokenBuckets


def rate_headers(policy: str, buckets: TokenBuckets, allowance: Allowance) -> Pairs:
    """The headers for one request that was counted against *buckets*, which fill within the seconds *w*."""
    state = f'"{policy}";r={allowance.remaining};t={allowance.seconds}'
    return [_policy_header(policy, buckets.burst, buckets.per_second), (b"ratelimit", state.encode())]


@cache
def _policy_header(policy: str, burst: int, per_second: float) -> tuple[bytes, bytes]:
    """The header that is the same on every answer under one policy, of which there are a few a process."""
    return b"ratelimit-policy", f'"{policy}";q={burst};w={round(burst / per_second)}'.encode()
