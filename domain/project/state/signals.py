"""State of supervision: warnings, cards, effects of silence, appeals against cards, and orders."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from msgspec import Struct

from domain.core.types import Outcome, Stage
from domain.law.proof import Colour, Rung
from domain.project.state.consultation import Opinion


class Appeal(StrEnum):
    """The state of the appeal against a card."""

    NONE = "none"
    OPEN = "open"  # 申诉中
    RETURNED = "returned"  # 打回: may be submitted again
    UPHELD = "upheld"  # the card stays
    REVOKED = "revoked"  # the card does not count


class Signal(Struct):
    """A warning, a card or an effect of silence.

    *before*, *missing*, *outcome*, *opinion*: the values that silence changed at the end of *last_day*.
    """

    item: str
    department: str
    rung: Rung
    colour: Colour | None = None
    key: tuple[int, str, int | None, Rung] | None = None  # the clock and its rung; None: a card issued by hand
    last_day: date | None = None
    before: Stage | None = None
    missing: tuple[str, ...] = ()  # papers named in a notice that came too late
    outcome: Outcome | None = None
    opinion: Opinion | None = None
    rescinded: bool = False
    appeal: Appeal = Appeal.NONE


class Order(Struct):
    """One order of the supervision bureau (督办) and its progress."""

    item: str
    department: str
    answered: bool = False
