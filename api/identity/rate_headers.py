"""What a rate still allows, as headers of an answer (draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

from api.identity.visit import Pairs
from infrastructure.identity.rates import Allowance, TokenBuckets


def rate_headers(policy: str, buckets: TokenBuckets, allowance: Allowance) -> Pairs:
    """The headers for one request that was counted against *buckets*, which fill within the seconds *w*."""
    seconds = round(buckets.burst / buckets.per_second)
    return [
        (b"ratelimit-policy", f'"{policy}";q={buckets.burst};w={seconds}'.encode()),
        (b"ratelimit", f'"{policy}";r={allowance.remaining};t={allowance.seconds}'.encode()),
    ]
