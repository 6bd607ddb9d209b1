"""Advice in registers that record request and answer, but neither the due date nor the content."""

from __future__ import annotations

from domain.law.packs.pack import Pack
from domain.project.countersignature.request import AskCountersignature, Countersign
from domain.project.countersignature.rules import CLOCK
from domain.project.state.consultation import Opinion
from scripts.importing.register import ITEM, RowCommand

ADVISERS = "advisers"  # registers name no department
ADVICE_UNKNOWN = "the register says that the advice was given, not what it was"


def advice_requested(law: Pack, department: str = ADVISERS, step: str = "") -> RowCommand:
    """A request for advice, due within the statutory time, or within the time of the decision if there is none."""
    days = None if CLOCK in law.clocks else law.limit().days
    return RowCommand(AskCountersignature(item=ITEM, departments=(department,), step=step, within_days=days))


def advice_given(department: str = ADVISERS, step: str = "") -> RowCommand:
    """Advice that was given; recorded as agreement, as the register has no content."""
    return RowCommand(Countersign(item=ITEM, opinion=Opinion.AGREED, step=step, reasons=ADVICE_UNKNOWN), department)
