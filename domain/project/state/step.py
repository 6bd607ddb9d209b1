"""办理环节 the step of the procedure that an application is at."""

from __future__ import annotations

from enum import StrEnum

from domain.core.types import Stage
from domain.project.state.consultation import queue, unanswered
from domain.project.state.project import Item

AT_ACCEPTANCE = (Stage.SUBMITTED, Stage.SUPPLEMENTING)
ACCEPTED, COMPLETED = Stage.ACCEPTED, Stage.COMPLETED


class CaseStep(StrEnum):
    """Where an open application is. Examination: an opinion is outstanding, or the clock suspended."""

    ACCEPTANCE = "acceptance"
    EXAMINATION = "examination"
    DECISION = "decision"
    DELIVERY = "delivery"


def is_under_examination(item: Item) -> bool:
    """Whether the application of *item* is accepted and has an opinion outstanding, or its clock suspended."""
    if item.stage is not ACCEPTED:
        return False
    consultations = item.consultations
    return bool(item.suspensions) or (bool(consultations) and bool(unanswered(consultations) or queue(consultations)))


def step_of(item: Item, *, is_examined: bool, is_delivered: bool) -> CaseStep | None:
    """The step that the application of *item* is at; None where it is at none.

    *is_examined*: what `is_under_examination` says of it, however that is known; *is_delivered*: a decision was
    delivered since the item was last applied for. `projections.progress.rows` says the same in SQL.
    """
    stage = item.stage
    if stage in AT_ACCEPTANCE:
        return CaseStep.ACCEPTANCE
    if stage is ACCEPTED:
        return CaseStep.EXAMINATION if is_examined else CaseStep.DECISION
    return CaseStep.DELIVERY if stage is COMPLETED and item.plan.live and not is_delivered else None
