"""What a warning, a card or an effect of silence rests on: the rung a clock passed, and the clock's reading then."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct


class Rung(StrEnum):
    """What a clock comes to as its days run out.

    The order is that in which facts of one instant are recorded: what silence does first, as it may start other clocks.
    """

    ACCEPTANCE = "acceptance"  # 视为受理: silence in intake (Administrative Licensing Law 32(1)(4))
    CONSENT = "consent"  # 默认同意: silence of a consulted department, where a published rule says so
    RENEWAL = "renewal"  # 视为准予延续: silence until the licence's last day (Administrative Licensing Law 50)
    WARNING = "warning"  # 预警: few days are left
    CARD = "card"  # 黄牌, 红牌: the last day is over


class Colour(StrEnum):
    """A promise or a countersignature missed is yellow, a statutory limit red (B10.4)."""

    YELLOW = "yellow"
    RED = "red"


RUNGS = tuple(Rung)


class ClockProof(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """The reading of one clock when it passed a rung: all it takes to count the days again.

    *rule* and *calendar* are the versions it was counted by, *evidence* the versions of the ledger entries it was
    read from. *length* is in days of the law's unit, extensions included; None where the clock ends on a given date.
    *seen* is how many entries about the item there were. *after* is the version of the entry that rescinded the same
    rung before, 0 where none did: it distinguishes the second card of one clock from the first.
    """

    rung: Rung
    clock: str
    application: Annotated[int, Meta(ge=1)]
    rule: str
    calendar: str
    article: str
    started_on: date
    length: int | None
    due_on: date
    remaining: int
    provisional: bool
    evidence: tuple[int, ...]
    seen: Annotated[int, Meta(ge=1)]
    after: int = 0

    @property
    def key(self) -> tuple[int, str, int | None, Rung]:
        """Which rung of which clock it is: an extended clock has rungs of its own."""
        return self.application, self.clock, self.length, self.rung
