"""Quotas of the window: what one case or one person may add in a day, so that no one fills ledger or storage."""

from __future__ import annotations

from datetime import datetime

from infrastructure.identity.rates import RatePolicy, SignInRates
from infrastructure.ledger.reader import Store

DAY_SECONDS = 86_400
FEEDBACK = RatePolicy("window-feedback", 20, DAY_SECONDS)  # of one case: it has some ten contacts to evaluate
UPLOADS = RatePolicy("window-upload", 200, DAY_SECONDS)  # of one person: ten applications with all their papers


async def seconds_to_wait(store: Store, policy: RatePolicy, key: str, now: datetime) -> int:
    """Count one use of *policy* by *key*; the seconds to wait where the quota is used up, else 0."""
    wait = await SignInRates(store).take(policy, key, now)
    return wait.seconds if wait else 0
