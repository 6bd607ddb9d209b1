"""Mapping of the CoSeLoG "receipt" log, the receipt phase of Dutch environmental permits, to commands."""

from __future__ import annotations

from collections.abc import Sequence

from domain.core.types import Outcome, Stage
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.submission import SubmitItem
from scripts.importing.advice import advice_given, advice_requested
from scripts.importing.reading import EventRow
from scripts.importing.register import ITEM, NO_COMMAND, Meaning, RowCommand, Situation

APPLICATION = "Confirmation of receipt"
RECEIPT_SENT = "T05 Print and send confirmation of receipt"
ADVICE_REQUEST = "T08 Draft and send request for advice"
ADVICE_GIVEN = "T09-"  # then the party's number
INTERNAL_ADVICE = "T07-"  # then the aspect's number
EXTERNAL = "external"
ENDED = "the register says that the case ended, not how it was decided"


class ReceiptRegister:
    """The receipt phase of a municipality. Its list of cases has the start, the end and the deadline of each."""

    name = "receipt"

    def recognises(self, activities: set[str]) -> bool:
        return APPLICATION in activities and RECEIPT_SENT in activities

    def meaning(self, row: EventRow, case: Situation) -> Meaning:
        activity = row.activity
        if activity == APPLICATION:
            # The step confirms an application; the case, and its time, began when that was received.
            return [RowCommand(SubmitItem(item=ITEM, occurred_at=case.listing.started_at if case.listing else None))]
        if activity == RECEIPT_SENT:
            return (
                [RowCommand(AcceptItem(item=ITEM))] if case.stage is Stage.SUBMITTED else "the case was accepted before"
            )
        if activity == ADVICE_REQUEST:
            return [advice_requested(case.law, step=EXTERNAL)]
        if activity.startswith(ADVICE_GIVEN):
            return [advice_given(step=EXTERNAL)]
        if activity.startswith(INTERNAL_ADVICE):
            aspect = activity.partition(" ")[0]
            return [advice_requested(case.law, aspect), advice_given(aspect)]
        return NO_COMMAND

    def ending(self, case: Situation) -> Sequence[RowCommand]:
        ended_at = case.listing.ended_at if case.listing else None
        if ended_at is None:
            return ()
        return [
            RowCommand(CompleteItem(item=ITEM, outcome=Outcome.TERMINATED, reasons=ENDED, occurred_at=ended_at)),
        ]
