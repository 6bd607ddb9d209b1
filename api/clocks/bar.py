"""时限条 a clock as a small bar: what is used of its length, what is left, and what is beyond its last day."""

from __future__ import annotations

from msgspec import Struct

from api.clocks.display import warned
from domain.law.licensing.clock import Level, State
from projections.clocks.reading import Reading

WIDTH_PX = 120
OVER_PX_MIN = 8  # a day beyond the last one of a long clock must still be seen


class LimitBar(Struct, frozen=True):
    """A bar, in pixels: days *used*, of the colour *kind*, and days *over* the last one, which ends at *due_x*."""

    kind: str
    used: float
    over: float
    due_x: float


def limit_bar(clock: Reading) -> LimitBar | None:
    """The bar of *clock*; None where it is not known how much of it is used, or it has no length."""
    length = clock.length or (clock.used or 0) + clock.remaining
    if clock.used is None or length <= 0:
        return None
    kind = "paused" if clock.level is Level.PAUSED else warned(clock)
    if clock.state is State.OVERDUE and clock.overdue_days > 0:
        due_x = round(WIDTH_PX * length / (length + clock.overdue_days), 1)
        due_x = min(due_x, WIDTH_PX - OVER_PX_MIN)
        return LimitBar(kind, due_x, WIDTH_PX - due_x, due_x)
    return LimitBar(kind, round(WIDTH_PX * min(clock.used / length, 1), 1), 0, WIDTH_PX)
