"""What a project remembers of supervision: warnings, cards, effects of silence, appeals against them, and orders."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from msgspec import Struct

from domain.core.types import Outcome, Stage
from domain.law.proof import Colour, Rung
from domain.project.state.consultation import Opinion


class Appeal(StrEnum):
    """How far the appeal against a card has come."""

    NONE = "none"
    OPEN = "open"  # 申诉中
    RETURNED = "returned"  # 打回: may be made again
    UPHELD = "upheld"  # the card stays
    REVOKED = "revoked"  # the card does not count


class Signal(Struct):
    """A warning, a card or an effect of silence.

    *before*, *missing*, *outcome*, *opinion*: how things stood before silence changed them, which it did at the end of
    *last_day*.
    """

    item: str
    department: str
    rung: Rung
    colour: Colour | None = None
    key: tuple[int, str, int | None, Rung] | None = None  # which rung of which clock; None: a card given by hand
    last_day: date | None = None
    before: Stage | None = None
    missing: tuple[str, ...] = ()  # what a notice asked for that came too late to ask for anything
    outcome: Outcome | None = None
    opinion: Opinion | None = None
    rescinded: bool = False
    appeal: Appeal = Appeal.NONE


class Order(Struct):
    """One order of the supervision bureau (督办), as far as it has been answered."""

    item: str
    department: str
    answered: bool = False
