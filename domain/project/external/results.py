"""系统外结果 external results: decisions of departments outside the system, entered by hand or by feed."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from msgspec import structs

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.rules import require_reasons
from domain.core.types import DECIDED_STAGES, FRESH_STAGES, OPEN_STAGES, Code, Line, Outcome, Stage, Text
from domain.law.calendar.moment import local_day
from domain.project.rules import require_decision, require_feed, require_outside, require_stage
from domain.project.state.project import ExternalResult, Item, Project


class KeptResult(StrEnum):
    """Which of two differing results is retained."""

    KEYED = "keyed"  # the one entered by hand
    FEED = "feed"  # the one from the department's own system


class RecordExternalResult(Command, frozen=True, tag="record_external_result"):
    """Enter an outside department's result by hand; *occurred_at* is when it took effect.

    *document_on* is the date of its document, *evidence* where the document can be seen, *source* who reported it,
    *verified_on* when it was last verified with the department.
    """

    item: Code
    outcome: Outcome
    evidence: Text
    document_number: Line = ""
    document_on: date | None = None
    source: Line = ""
    verified_on: date | None = None

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_outside(self.item, item, context.by, "enter a result")
        require_stage(self.item, item, "get an external result", *FRESH_STAGES, *OPEN_STAGES)
        require_decision(self.outcome)
        require_evidence(self.item, self.evidence)
        require_past(self.item, "the day of the document", self.document_on, context)
        require_past(self.item, "the day of the last check", self.verified_on, context)
        return (
            ExternalResultRecorded(
                item=self.item,
                outcome=self.outcome,
                evidence=self.evidence,
                document_number=self.document_number,
                document_on=self.document_on,
                source=self.source,
                verified_on=self.verified_on,
            ),
        )


class ExternalResultRecorded(Fact, frozen=True, tag="external_result_recorded"):
    """An outside department decided. A grant meets preconditions like any other. *by_feed*: reported by its system."""

    item: str
    outcome: Outcome
    evidence: str
    document_number: str = ""
    document_on: date | None = None
    source: str = ""
    verified_on: date | None = None
    by_feed: bool = False

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        if item.stage in FRESH_STAGES:
            item = project.begin_application(self.item)
        item.stage, item.outcome, item.suspensions, item.external = Stage.COMPLETED, self.outcome, {}, True
        item.result = ExternalResult(
            self.outcome, self.document_number, self.document_on, self.source, by_feed=self.by_feed
        )
        item.disputed = None


class VerifyExternalResult(Command, frozen=True, tag="verify_external_result"):
    """Record that an external result was verified with the department, and how."""

    item: Code
    evidence: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_outside(self.item, item, context.by, "verify a result")
        if not item.external:
            raise Refused(
                "no-external-result",
                f"no external result is recorded for {self.item}",
                remedy="record it with record_external_result first",
            )
        require_evidence(self.item, self.evidence)
        return (ExternalResultVerified(item=self.item, evidence=self.evidence),)


class ExternalResultVerified(Fact, frozen=True, tag="external_result_verified"):
    """An external result was verified; it is as fresh as this entry."""

    item: str
    evidence: str

    def apply(self, project: Project) -> None:
        """No effect on later decisions; views show how fresh the result is."""


class ReconcileExternalResult(Command, frozen=True, tag="reconcile_external_result"):
    """Report the outside department's decision from its own system, named in *source*.

    It is recorded if there is no result yet. A result that agrees confirms the one on record; one that differs opens
    a discrepancy, which the project manager settles. Nothing is overwritten.
    """

    item: Code
    outcome: Outcome
    source: Line
    document_number: Line = ""
    document_on: date | None = None
    evidence: Text = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_feed(self.item, item, context.by)
        require_source(self.source)
        require_decision(self.outcome)
        require_past(self.item, "the day of the document", self.document_on, context)
        reported = ExternalResult(self.outcome, self.document_number, self.document_on, self.source, by_feed=True)
        if item.stage not in DECIDED_STAGES:
            return (self._recorded(),)
        recorded = item.standing
        if not recorded.agrees(reported):
            require_news(self.item, item, reported)
            return (DiscrepancyFound(item=self.item, keyed=recorded, fed=reported, evidence=self.evidence),)
        return (
            ExternalResultConfirmed(
                item=self.item,
                source=self.source,
                document_number=self.document_number,
                document_on=self.document_on,
                evidence=self.evidence,
            ),
        )

    def _recorded(self) -> ExternalResultRecorded:
        return ExternalResultRecorded(
            item=self.item,
            outcome=self.outcome,
            evidence=self.evidence,
            document_number=self.document_number,
            document_on=self.document_on,
            source=self.source,
            by_feed=True,
        )


class ExternalResultConfirmed(Fact, frozen=True, tag="external_result_confirmed"):
    """The department's own system confirmed the result on record, perhaps adding details; it is now verified."""

    item: str
    source: str
    document_number: str = ""
    document_on: date | None = None
    evidence: str = ""

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.disputed = None
        if item.outcome is not None:
            confirmed = item.standing
            item.external = True
            item.result = structs.replace(
                confirmed,
                document_number=confirmed.document_number or self.document_number,
                document_on=confirmed.document_on or self.document_on,
            )


class DiscrepancyFound(Fact, frozen=True, tag="discrepancy_found"):
    """The department's own system reported a different result. Both are retained; the project manager decides."""

    item: str
    keyed: ExternalResult
    fed: ExternalResult
    evidence: str = ""

    def apply(self, project: Project) -> None:
        project.recorded(self.item).disputed = self.fed


class SettleDiscrepancy(Command, frozen=True, tag="settle_discrepancy"):
    """Settle a discrepancy, as the project manager: retain the result on record, or take the one of the feed."""

    item: Code
    keep: KeptResult
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_outside(self.item, item, context.by, "settle a discrepancy")
        if item.disputed is None or item.outcome is None:
            raise Refused(
                "no-discrepancy",
                f"{self.item} has no open discrepancy",
                remedy="nothing needs to be done",
            )
        require_reasons(self.reasons, f"settling the discrepancy of {self.item}", "")
        result = item.standing if self.keep is KeptResult.KEYED else item.disputed
        return (DiscrepancySettled(item=self.item, kept=self.keep, reasons=self.reasons, result=result),)


class DiscrepancySettled(Fact, frozen=True, tag="discrepancy_settled"):
    """The project manager chose *result* from two; the other stays on record."""

    item: str
    kept: KeptResult
    reasons: str
    result: ExternalResult

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.dismissed = item.disputed if self.kept is KeptResult.KEYED else None
        item.disputed = None
        if item.stage in DECIDED_STAGES:
            item.outcome, item.result, item.external = self.result.outcome, self.result, True


class AttestRecord(Command, frozen=True, tag="attest_record"):
    """Attest that the record of an outside item is complete up to now."""

    item: Code

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_outside(self.item, item, context.by, "attest the record")
        return (RecordAttested(item=self.item),)


class RecordAttested(Fact, frozen=True, tag="record_attested"):
    """The record is complete up to here: only now may a passed due date be called overdue."""

    item: str

    def apply(self, project: Project) -> None:
        """No effect on later decisions; the clocks read it."""


def require_evidence(code: str, evidence: str) -> None:
    """Refuse a result entered by hand without evidence, as no user of the system witnessed it."""
    if not evidence.strip():
        raise Refused(
            "evidence-missing",
            f"an external result of {code} needs evidence",
            remedy="give in evidence where the document can be seen",
        )


def require_past(code: str, what: str, day: date | None, context: Context) -> None:
    """Refuse a future day: a result verified tomorrow would never become stale."""
    if day is not None and day > local_day(context.now, context.law.zone):
        raise Refused(
            "in-the-future",
            f"{what} of {code} can't be {day}: that is still to come",
            remedy="give today or an earlier day, or leave it out",
        )


def require_source(source: str) -> None:
    """Refuse a machine's report without its source."""
    if not source.strip():
        raise Refused(
            "source-missing", "the report does not name the system it comes from", remedy="name the system in source"
        )


def require_news(code: str, item: Item, reported: ExternalResult) -> None:
    """Refuse a repeated discrepancy, which is pending or was decided against."""
    if reported in (item.disputed, item.dismissed):
        state = "waits for the project manager" if reported == item.disputed else "was decided against"
        raise Refused(
            "discrepancy-known",
            f"the same result of {code} was already reported and {state}",
            remedy="report again only when the department's record changes",
        )
