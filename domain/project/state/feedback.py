"""State of a project's complaints and evaluations."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Satisfied(StrEnum):
    """The verdict on an answer, or in a call-back."""

    YES = "yes"
    MOSTLY = "mostly"  # 基本满意
    NO = "no"
    NONE = "none"  # nothing


class Complaint(Struct):
    """One complaint and its progress. *closed*: it has ended, in whatever way."""

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
    """The state of a department's appeal against an evaluation."""

    NONE = "none"
    OPEN = "open"
    UPHELD = "upheld"  # the evaluation does not count, but remains visible
    REJECTED = "rejected"


class Evaluation(Struct):
    """One evaluation. *rounds* counts rectifications; *rectified*: a call-back is due."""

    item: str
    department: str
    bad: bool
    started: bool = False
    rectified: bool = False
    rounds: int = 0
    appeal: Appealed = Appealed.NONE
    closed: bool = False
