"""外部结果 external results: what departments outside the system decided, keyed in or fed, with its provenance."""

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
    """Which of two results stands."""

    KEYED = "keyed"  # what was keyed in
    FEED = "feed"  # what the department's own system says


class RecordExternalResult(Command, frozen=True, tag="record_external_result"):
    """Key in an outside department's result; *occurred_at* is when it took effect.

    *document_on* is the date on its document, *evidence* where the document can be seen, *source* who said so,
    *verified_on* when it was last checked with the department.
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
        require_outside(self.item, item, context.by, "key in a result")
        require_stage(self.item, item, "get a result from outside", *FRESH_STAGES, *OPEN_STAGES)
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
    """An outside department decided. A grant meets preconditions like any other. *by_feed*: its own system said so."""

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
            item.renew()
        item.stage, item.outcome, item.suspensions, item.external = Stage.COMPLETED, self.outcome, {}, True
        item.result = ExternalResult(
            self.outcome, self.document_number, self.document_on, self.source, by_feed=self.by_feed
        )
        item.disputed = None


class VerifyExternalResult(Command, frozen=True, tag="verify_external_result"):
    """Record that a keyed-in result was checked with the department, and how."""

    item: Code
    evidence: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_outside(self.item, item, context.by, "verify a result")
        if not item.external:
            raise Refused(
                "no-external-result",
                f"no result of {self.item} from outside is recorded",
                remedy="record_external_result comes first",
            )
        require_evidence(self.item, self.evidence)
        return (ExternalResultVerified(item=self.item, evidence=self.evidence),)


class ExternalResultVerified(Fact, frozen=True, tag="external_result_verified"):
    """A keyed-in result was checked; it is as fresh as this entry."""

    item: str
    evidence: str

    def apply(self, project: Project) -> None:
        """Changes nothing for later decisions; it is there to be seen."""


class ReconcileExternalResult(Command, frozen=True, tag="reconcile_external_result"):
    """Tell, as the outside department's own system, what it decided; *source* names that system.

    Recorded where nothing was keyed in. What agrees with what was keyed in confirms it; what differs stands beside
    it until the project manager has decided. Nothing is overwritten.
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
        said = ExternalResult(self.outcome, self.document_number, self.document_on, self.source, by_feed=True)
        if item.stage not in DECIDED_STAGES:
            return (self._recorded(),)
        recorded = item.standing
        if not recorded.agrees(said):
            require_news(self.item, item, said)
            return (DiscrepancyFound(item=self.item, keyed=recorded, fed=said, evidence=self.evidence),)
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
    """The department's own system says the same as stands here, and perhaps what was left out; now it is verified."""

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
    """The department's own system says otherwise than stands here. Both are kept; the project manager decides."""

    item: str
    keyed: ExternalResult
    fed: ExternalResult
    evidence: str = ""

    def apply(self, project: Project) -> None:
        project.recorded(self.item).disputed = self.fed


class SettleDiscrepancy(Command, frozen=True, tag="settle_discrepancy"):
    """Decide, as the project manager, whether what was keyed in stays or what the feed says takes its place."""

    item: Code
    keep: KeptResult
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_outside(self.item, item, context.by, "settle a discrepancy")
        if item.disputed is None or item.outcome is None:
            raise Refused(
                "no-discrepancy",
                f"no feed says otherwise than what stands for {self.item}",
                remedy="a discrepancy is settled while it is open",
            )
        require_reasons(self.reasons, f"settling the discrepancy of {self.item}", "")
        result = item.standing if self.keep is KeptResult.KEYED else item.disputed
        return (DiscrepancySettled(item=self.item, kept=self.keep, reasons=self.reasons, result=result),)


class DiscrepancySettled(Fact, frozen=True, tag="discrepancy_settled"):
    """The project manager decided between two results: *result* stands from here on, and the other stays on record."""

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
    """State that the record of an outside item is complete: nothing further happened up to now."""

    item: Code

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_outside(self.item, item, context.by, "attest the record")
        return (RecordAttested(item=self.item),)


class RecordAttested(Fact, frozen=True, tag="record_attested"):
    """Silence up to here is silence: only now may a passed date be called overdue."""

    item: str

    def apply(self, project: Project) -> None:
        """Changes nothing for later decisions; the clocks read it."""


def require_evidence(code: str, evidence: str) -> None:
    """Refuse a keyed-in statement without evidence: nobody in the system saw it happen."""
    if not evidence.strip():
        raise Refused(
            "evidence-missing",
            f"a result of {code} from outside needs evidence",
            remedy="say where the document can be seen",
        )


def require_past(code: str, what: str, day: date | None, context: Context) -> None:
    """Refuse a day still to come: a result checked tomorrow would never grow stale."""
    if day is not None and day > local_day(context.now, context.law.zone):
        raise Refused(
            "in-the-future",
            f"{what} of {code} can't be {day}: that is still to come",
            remedy="give a day that has come, or leave it out",
        )


def require_source(source: str) -> None:
    """Refuse what a machine reports without naming itself."""
    if not source.strip():
        raise Refused(
            "source-missing", "the report does not say which system it is from", remedy="name the system in source"
        )


def require_news(code: str, item: Item, said: ExternalResult) -> None:
    """Refuse a discrepancy told before: it waits for the project manager, or they decided against it."""
    if said in (item.disputed, item.dismissed):
        state = "waits for the project manager" if said == item.disputed else "was decided against"
        raise Refused(
            "discrepancy-known",
            f"the same was reported of {code} before, and {state}",
            remedy="report again when the department's record changes",
        )
