"""What a project remembers of complaints and evaluations."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Satisfied(StrEnum):
    """What somebody said of an answer, or when called back."""

    YES = "yes"
    MOSTLY = "mostly"  # 基本满意
    NO = "no"
    NONE = "none"  # nothing


class Complaint(Struct):
    """One complaint, as far as it has been handled. *closed*: nothing more can come of it, however it ended."""

    item: str
    department: str
    by: str
    anonymous: bool = False
    accepted: bool = False
    transfers: int = 0
    extended: bool = False
    answered: bool = False
    closed: bool = False


class Appealed(StrEnum):
    """How far a department's appeal against an evaluation has come."""

    NONE = "none"
    OPEN = "open"
    UPHELD = "upheld"  # the evaluation does not count; it stays to be seen
    REJECTED = "rejected"


class Evaluation(Struct):
    """One evaluation. *rounds* counts how often it was put right; *rectified* asks for a call-back."""

    item: str
    department: str
    bad: bool
    started: bool = False
    rectified: bool = False
    rounds: int = 0
    appeal: Appealed = Appealed.NONE
    closed: bool = False
