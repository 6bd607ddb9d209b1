"""Field types and enums of project messages: lengths, stages, modes, outcomes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

# Limits of what one command may carry: a form's size, far below what a request body may be.
CODE_CHARACTERS_MAX = 64
LINE_CHARACTERS_MAX = 200
TEXT_CHARACTERS_MAX = 4000
LINES_MAX = 100
ITEMS_MAX = 200  # a project needs about twenty approvals; ten times that is a mistake in the list

Code = Annotated[str, Meta(min_length=1, max_length=CODE_CHARACTERS_MAX)]
Name = Annotated[str, Meta(max_length=CODE_CHARACTERS_MAX)]  # as Code, where none may be given
Line = Annotated[str, Meta(max_length=LINE_CHARACTERS_MAX)]
Text = Annotated[str, Meta(max_length=TEXT_CHARACTERS_MAX)]
Codes = Annotated[tuple[Code, ...], Meta(max_length=LINES_MAX)]
Lines = Annotated[tuple[Line, ...], Meta(max_length=LINES_MAX)]
Alternatives = Annotated[tuple[Annotated[Codes, Meta(min_length=1)], ...], Meta(max_length=LINES_MAX)]


class Stage(StrEnum):
    """How far one item has come. The order is the order of the law's key nodes."""

    NOT_STARTED = "not_started"
    SUBMITTED = "submitted"  # 申请
    SUPPLEMENTING = "supplementing"  # 补正
    ACCEPTED = "accepted"  # 受理, under examination
    DECLINED = "declined"  # 不予受理
    WITHDRAWN = "withdrawn"  # 撤回
    COMPLETED = "completed"  # 办结
    DELIVERED = "delivered"  # 送达


ModeName = Annotated[str, Meta(min_length=1, max_length=CODE_CHARACTERS_MAX)]
"""The name of a mode of handling, as the law pack in force calls it: "single", "joint", "major", "extended"."""


class Mode(StrEnum):
    """The modes named in code: of the Administrative Licensing Law (26, 34, 42, 43, 50) and of Dutch law."""

    ON_THE_SPOT = "on_the_spot"
    SINGLE = "single"
    JOINT = "joint"
    LOWER_REVIEW = "lower_review"
    RENEWAL = "renewal"  # 延续 of a licence before it ends (Art. 50)
    EXTENDED = "extended"  # the Dutch procedure of six months, in which silence grants nothing (Awb 3.4)


class JointForm(StrEnum):
    """How departments handle an item together (Administrative Licensing Law 26(2)); all share a 45-day clock."""

    UNIFIED = "unified"  # 统一办理: one department takes in, asks the others, and decides
    JOINT = "joint"  # 联合办理
    CONCENTRATED = "concentrated"  # 集中办理


class Outcome(StrEnum):
    """How an item was decided."""

    GRANTED = "granted"  # 准予
    REFUSED = "refused"  # 不予许可
    TERMINATED = "terminated"  # 终止办理
    REVOKED = "revoked"  # 撤销, after a grant


class HearingStep(StrEnum):
    """How far a hearing has come (Art. 46-48)."""

    NONE = "none"
    TOLD = "told"  # 告知听证权利
    REQUESTED = "requested"
    ANNOUNCED = "announced"  # 听证通知
    HELD = "held"


OPEN_STAGES = (Stage.SUBMITTED, Stage.SUPPLEMENTING, Stage.ACCEPTED)
FRESH_STAGES = (Stage.NOT_STARTED, Stage.DECLINED, Stage.WITHDRAWN)
DECIDED_STAGES = (Stage.COMPLETED, Stage.DELIVERED)
