"""Mapping of the logs of Dutch environmental permits (Wabo) in the BPI Challenge 2015 to commands.

An activity is identified by its code, and by its label if several activities share a code. A row's value is what an
officer typed: an answer, a number of days, or a day that takes precedence over the row's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from domain.core.ledger import Role
from domain.core.types import CODE_CHARACTERS_MAX, OPEN_STAGES, Mode, Outcome, Stage
from domain.law.register_count import later
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.delivery import DeliverDecision
from domain.project.application.extension import ExtendLimit
from domain.project.application.procedure import ChangeMode
from domain.project.application.submission import SubmitItem
from domain.project.application.supplement import RequestSupplement, SubmitSupplement
from domain.project.application.suspension import ResumeClock, SuspendClock
from domain.project.application.withdrawal import WithdrawItem
from domain.project.feedback.complaint import AnswerComplaint, FileComplaint
from projections.register_figures.cases import DATA_RECEIVED, DATA_REQUESTED, DELIVERED, EXTENDED, SUBMITTED
from projections.register_figures.parse import typed_days, typed_truth
from scripts.importing.advice import advice_given, advice_requested
from scripts.importing.reading import EventRow
from scripts.importing.register import ITEM, NO_COMMAND, Meaning, RowCommand, Situation

CODE = re.compile(r"\d\d_[A-Z]")
GROUNDS_FOR_REFUSAL = "01_HOOFD_380"
# The day on which it was decided to make the term longer; several codes were given to it.
EXTENSION_DECIDED = (
    "enter date decision procedure term extension",
    "registreren datum besluit verlengen proceduretermijn",
)
DATA_TERM = "08_AWB45_010"  # days the applicant has for the missing data
SUPPLEMENT = "supplement"  # Awb 4:15(1)(a)
AUTHORITY = "competent_authority"  # suspended on its initiative: no statutory ground, and the register has none
HELD = "aanhouding"  # Wabo 3.3
MISSING = "ontbrekende gegevens (missing data)"
OVERRIDDEN = "the register decided while advice was still outstanding"
BY_SILENCE = "van rechtswege: granted by silence (Wabo 3.9(3))"
NOT_PROCESSED = "buiten behandeling gelaten: left unprocessed (Awb 4:5)"
REFUSED = "weigeringsgrond: there were grounds for refusal"
ANSWERED_NO = "the officer answered no: nothing happened"
ACCEPTED_BEFORE = "the case was accepted before"
DECIDED_BEFORE = "the case was decided before"
NO_OBJECTION = "no objection waits for this answer"
OF_ITS_COURSE = frozenset({ACCEPTED_BEFORE, DECIDED_BEFORE, NO_OBJECTION})  # reasons that lie in the rows before

ALREADY_SO = "the case is in this procedure already"
PROCEDURES = {"uitgebreid": Mode.EXTENDED, "regulier": Mode.SINGLE}  # as officers type them

Reading = Callable[[EventRow, Situation], Meaning]


class Wabo:
    """The municipal register of permits under the Wabo."""

    name = "wabo"

    def recognises(self, activities: set[str]) -> bool:
        return any(CODE.match(activity) for activity in activities)

    def meaning(self, row: EventRow, case: Situation) -> Meaning:
        reading = READINGS.get(row.activity)
        return reading(row, case) if reading else NO_COMMAND

    def ending(self, case: Situation) -> Sequence[RowCommand]:  # noqa: ARG002 the rows themselves say how a case ended
        return ()


def named(row: EventRow, label: str, native: str) -> bool:
    """Whether a row, whose code several activities share, has this label."""
    return label in (row.label, row.native) or native in (row.label, row.native)


def label_of(row: EventRow) -> str:
    """The row's label, in the register's own language if available."""
    return row.native or row.label or row.activity


def submitted(row: EventRow, case: Situation) -> Meaning:  # noqa: ARG001 every reading has the same shape
    return [RowCommand(SubmitItem(item=ITEM))]


def complete(row: EventRow, case: Situation) -> Meaning:
    """The application was judged complete: it is accepted."""
    if not named(row, "request complete", "aanvraag volledig"):
        return NO_COMMAND
    return accepted(case) if typed_truth(row.value) else ANSWERED_NO


def receptive(row: EventRow, case: Situation) -> Meaning:
    """The phase in which an application is accepted has begun."""
    if not named(row, "phase application receptive", "fase aanvraag ontvankelijk"):
        return NO_COMMAND
    return accepted(case)


def accepted(case: Situation) -> Meaning:
    return ACCEPTED_BEFORE if case.stage is Stage.ACCEPTED else [RowCommand(AcceptItem(item=ITEM))]


def data_requested(row: EventRow, case: Situation) -> Meaning:
    """Papers are missing: before acceptance a notice of supplement, after it a suspension on that ground."""
    days = typed_days(case.seen.get(DATA_TERM, ""))
    until = None if days is None else later(case.day(row.occurred_at), days)
    if case.stage is Stage.ACCEPTED:
        return [
            RowCommand(SuspendClock(item=ITEM, ground=SUPPLEMENT, reason=MISSING, notified=True, planned_until=until)),
        ]
    return [RowCommand(RequestSupplement(item=ITEM, missing=(MISSING,), respond_by=until))]


def data_received(row: EventRow, case: Situation) -> Meaning:
    """The papers were received on the typed day."""
    at = case.typed_on(row)
    return resumed(case, SUPPLEMENT, row) or [RowCommand(SubmitSupplement(item=ITEM, occurred_at=at))]


def resumed(case: Situation, ground: str, row: EventRow) -> list[RowCommand]:
    """The end of the open suspension on *ground*, if there is one, on the typed day."""
    at = case.typed_on(row)
    return [
        RowCommand(ResumeClock(item=ITEM, suspension=suspension, occurred_at=at))
        for suspension, opened_on in case.item.suspensions.items()
        if opened_on == ground
    ][:1]


def decided_to_extend(case: Situation, row: EventRow) -> datetime:
    """When the extension was decided: the day entered for that, else the row's own.

    The number of days is typed weeks later, with the rest of the file, so that its own time says nothing.
    """
    entered = next((other for other in case.rows if named(other, *EXTENSION_DECIDED)), None)
    return case.typed_on(entered) if entered else row.occurred_at


def extended(row: EventRow, case: Situation) -> Meaning:
    """The term was extended. This implies acceptance of the application."""
    days = typed_days(row.value)
    if days is None:
        return f"{row.value[:40]!r} is no number of days"
    terms = case.law.extension("decision")
    approver = terms.approver if terms else AUTHORITY
    at = decided_to_extend(case, row)
    extend = RowCommand(ExtendLimit(item=ITEM, days=days, reasons=label_of(row), approver=approver, occurred_at=at))
    return [RowCommand(AcceptItem(item=ITEM, occurred_at=at)), extend] if case.stage is Stage.SUBMITTED else [extend]


def in_mode(mode: Mode, row: EventRow, case: Situation) -> Meaning:
    """The procedure is this one: extended (Awb 3.4; six months, and silence grants nothing), or the regular one."""
    if case.item.mode == mode:
        return ALREADY_SO
    return [RowCommand(ChangeMode(item=ITEM, mode=mode, reasons=f"{label_of(row)}: {row.value}".removesuffix(": ")))]


def regular_procedure(row: EventRow, case: Situation) -> Meaning:
    """The officer said whether the regular procedure is followed."""
    regular = typed_truth(row.value)
    if regular is None or not named(row, "regular procedure without MER", "reguliere procedure zonder MER"):
        return NO_COMMAND
    return in_mode(Mode.SINGLE if regular else Mode.EXTENDED, row, case)


def procedure_typed(row: EventRow, case: Situation) -> Meaning:
    """The officer typed which procedure is followed: Uitgebreid or Regulier."""
    mode = PROCEDURES.get(row.value.strip().lower())
    return NO_COMMAND if mode is None else in_mode(mode, row, case)


def procedure_applies(label: str, native: str, mode: Mode) -> Reading:
    """The register moved the case into a procedure."""
    return lambda row, case: in_mode(mode, row, case) if named(row, label, native) else NO_COMMAND


def draft_laid_open(row: EventRow, case: Situation) -> Meaning:
    """A draft decision is laid open for inspection, which the extended procedure alone does (Awb 3:11)."""
    return in_mode(Mode.EXTENDED, row, case) if typed_truth(row.value) else ANSWERED_NO


def suspension(ground: str) -> Reading:
    """The clock was suspended on the typed day, for a reason other than missing papers."""

    def reading(row: EventRow, case: Situation) -> Meaning:
        at = case.typed_on(row)
        return [RowCommand(SuspendClock(item=ITEM, ground=ground, reason=label_of(row), occurred_at=at))]

    return reading


def resumption(ground: str) -> Reading:
    """The suspension ended."""

    def reading(row: EventRow, case: Situation) -> Meaning:
        return resumed(case, ground, row) or "no suspension of this kind is on record as lawful, so none ends"

    return reading


def opened(step: str) -> Reading:
    """Sub-cases were opened: other departments are asked for advice."""
    return lambda row, case: [advice_requested(case.law, step=step)]  # noqa: ARG005 every reading has the same shape


def closed(step: str) -> Reading:
    """The sub-cases were closed."""
    return lambda row, case: [advice_given(step=step)]  # noqa: ARG005 every reading has the same shape


def decided(row: EventRow, case: Situation) -> Meaning:
    """The day of the decision was entered."""
    if row.activity == "01_HOOFD_491" and not label_of(row).startswith(("registreren", "register")):
        return NO_COMMAND
    return decision(case) if case.stage in OPEN_STAGES else DECIDED_BEFORE


def decision(case: Situation) -> list[RowCommand]:
    """A grant, unless grounds for refusal were found last."""
    if typed_truth(case.seen.get(GROUNDS_FOR_REFUSAL, "")):
        return [RowCommand(CompleteItem(item=ITEM, outcome=Outcome.REFUSED, reasons=REFUSED))]
    return [RowCommand(CompleteItem(item=ITEM, outcome=Outcome.GRANTED, override_reasons=OVERRIDDEN))]


def by_law(row: EventRow, case: Situation) -> Meaning:
    """Silence has granted the permit."""
    if not typed_truth(row.value):
        return ANSWERED_NO
    if case.stage not in OPEN_STAGES:
        return DECIDED_BEFORE
    return [
        RowCommand(CompleteItem(item=ITEM, outcome=Outcome.GRANTED, reasons=BY_SILENCE, override_reasons=OVERRIDDEN)),
    ]


def not_processed(row: EventRow, case: Situation) -> Meaning:  # noqa: ARG001 every reading has the same shape
    """The application was left unprocessed, as papers were missing."""
    if case.stage not in OPEN_STAGES:
        return DECIDED_BEFORE
    return [RowCommand(CompleteItem(item=ITEM, outcome=Outcome.TERMINATED, reasons=NOT_PROCESSED))]


def delivered(row: EventRow, case: Situation) -> Meaning:  # noqa: ARG001 every reading has the same shape
    """The decision was sent; this implies the decision, if no row recorded it before."""
    deliver = RowCommand(DeliverDecision(item=ITEM, method="sent"))
    return [*decision(case), deliver] if case.stage in OPEN_STAGES else [deliver]


def withdrawn(row: EventRow, case: Situation) -> Meaning:
    """The applicant withdrew; the request was received on the typed day."""
    at = case.typed_on(row)
    return [RowCommand(WithdrawItem(item=ITEM, reasons=label_of(row), occurred_at=at))]


def objected(row: EventRow, case: Situation) -> Meaning:  # noqa: ARG001 every reading has the same shape
    """An objection (bezwaar) was lodged; mapped to a complaint about the item."""
    if not typed_truth(row.value):
        return ANSWERED_NO
    complaint = f"objection-{row.event_id}"[:CODE_CHARACTERS_MAX]
    return [RowCommand(FileComplaint(complaint=complaint, about=label_of(row), item=ITEM))]


def reconsidered(row: EventRow, case: Situation) -> Meaning:
    """The decision on objections, which answers the open ones."""
    upheld = typed_truth(row.value)
    waiting = [code for code, complaint in case.project.complaints.items() if not complaint.answered]
    if upheld is None or not waiting:
        return NO_OBJECTION
    answer = f"{label_of(row)}: {row.value}"
    return [
        RowCommand(AnswerComplaint(complaint=code, answer=answer, upheld=upheld), role=Role.OFFICER) for code in waiting
    ]


READINGS: Mapping[str, Reading] = {
    SUBMITTED: submitted,
    "01_HOOFD_190": complete,
    "01_HOOFD_200": complete,
    "08_AWB45_005": complete,
    "09_AWB45_005": complete,
    "01_HOOFD_195": receptive,
    "01_HOOFD_205": receptive,
    DATA_REQUESTED: data_requested,
    DATA_RECEIVED: data_received,
    **dict.fromkeys(EXTENDED, extended),
    "04_BPT_005": regular_procedure,
    "01_HOOFD_060": regular_procedure,
    "04_BPT_020": procedure_typed,
    "01_HOOFD_190_1": procedure_applies("regular procedure applies", "reguliere procedure van toepassing", Mode.SINGLE),
    "01_HOOFD_195_1": procedure_applies(
        "detailed procedure applies", "uitgebreide procedure van toepassing", Mode.EXTENDED
    ),
    "10_UOV_010": draft_laid_open,
    "07_OPS_051": suspension(AUTHORITY),
    "07_OPS_071": resumption(AUTHORITY),
    "11_AH_II_036": suspension(HELD),
    "11_AH_II_140": resumption(HELD),
    "01_HOOFD_110": opened("completeness"),
    "01_HOOFD_110_1": opened("completeness"),
    "01_HOOFD_110_2": closed("completeness"),
    "01_HOOFD_120": closed("completeness"),
    "01_HOOFD_250": opened("content"),
    "01_HOOFD_250_1": opened("content"),
    "01_HOOFD_250_2": closed("content"),
    "01_HOOFD_260": closed("content"),
    "01_HOOFD_492_1": opened("presentation"),
    "01_HOOFD_492_2": closed("presentation"),
    "01_HOOFD_490_3": decided,
    "01_HOOFD_490_5": decided,
    "01_HOOFD_491": decided,
    "01_HOOFD_480": by_law,
    DELIVERED: delivered,
    "08_AWB45_070_3": not_processed,
    "08_AWB45_070_5": not_processed,
    "08_AWB45_090_2": not_processed,
    "05_EIND_020": withdrawn,
    "01_BB_540": objected,
    "01_BB_730": reconsidered,
}
