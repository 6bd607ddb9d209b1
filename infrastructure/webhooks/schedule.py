"""When a delivery that failed is tried again, and when it is given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),  # and so on
)
GIVE_UP = timedelta(hours=24 * 30)


class RetrySchedule(Struct, frozen=True):
    """Delays after the first, second and further failures; the last one repeats. *give_up*: after the first failure."""

    delays: Sequence[timedelta] = DELAYS
    give_up: timedelta = GIVE_UP

    def next_at(self, failures: int, now: datetime) -> datetime:
        """When to try again after so many *failures*, one at least."""
        return now + self.delays[min(failures, len(self.delays)) - 1]

    def is_due(self, next_at: datetime | None, now: datetime) -> bool:
        """Whether to try at *now*. A wait longer than any is of a clock that was set back, and does not count."""
        return next_at is None or not now < next_at <= now + self.delays[-1]

    def is_doubtful(self, failures: int) -> bool:
        """Whether an event has failed so often that it may be the event itself: all delays but the last are used."""
        return failures >= len(self.delays)

    def is_over(self, first_failure: datetime, now: datetime) -> bool:
        """Whether nothing more is tried."""
        return now - first_failure >= self.give_up
