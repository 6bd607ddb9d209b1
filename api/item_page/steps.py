"""The steps of an application, from 申请 to 送达, as they are shown to officers and to those who applied."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from domain.core.types import DECIDED_STAGES, OPEN_STAGES, Outcome, Stage

DONE, NOW, REFUSED, UNSTARTED = "done", "open", "refused", "unstarted"
SUSPENDED = "special"


class ItemStep(Struct, frozen=True):
    """One step of an application: its *state* as a glyph shows it, and when it was taken."""

    name: str
    state: str
    at: datetime | None = None


class SteppedApplication(Protocol):
    """What the steps follow from: stage and outcome, open suspensions, and when each step was taken."""

    @property
    def stage(self) -> str: ...

    @property
    def outcome(self) -> str: ...

    @property
    def suspended(self) -> Sequence[str]: ...

    @property
    def submitted_at(self) -> datetime | None: ...

    @property
    def accepted_at(self) -> datetime | None: ...

    @property
    def decided_at(self) -> datetime | None: ...

    @property
    def delivered_at(self) -> datetime | None: ...


def steps_of(row: SteppedApplication) -> list[ItemStep]:
    """申请, 受理, 审查, 决定, 送达: how far the current application has come."""
    stage = Stage(row.stage)
    is_decided = stage in DECIDED_STAGES
    is_examined = stage is Stage.ACCEPTED
    denied = is_decided and row.outcome in (Outcome.REFUSED, Outcome.REVOKED)
    applied = stage in OPEN_STAGES or is_decided or stage is Stage.DECLINED
    accepted = is_examined or is_decided
    return [
        ItemStep("apply", DONE if applied else REFUSED if stage is Stage.WITHDRAWN else NOW, row.submitted_at),
        ItemStep("accept", _acceptance(stage, accepted=accepted), row.accepted_at),
        ItemStep(
            "examine", DONE if is_decided else UNSTARTED if not is_examined else SUSPENDED if row.suspended else NOW
        ),
        ItemStep("decide", REFUSED if denied else DONE if is_decided else UNSTARTED, row.decided_at),
        ItemStep("deliver", DONE if stage is Stage.DELIVERED else NOW if is_decided else UNSTARTED, row.delivered_at),
    ]


def _acceptance(stage: Stage, *, accepted: bool) -> str:
    if accepted:
        return DONE
    return {Stage.DECLINED: REFUSED, Stage.SUBMITTED: NOW, Stage.SUPPLEMENTING: SUSPENDED}.get(stage, UNSTARTED)
