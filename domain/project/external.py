"""外部结果 external results: what departments outside the system decided, keyed in with its provenance."""

from __future__ import annotations

from datetime import date

from domain.ledger import Command, Context, Fact, Refused
from domain.project.rules import require_outside, require_stage
from domain.project.state import FRESH_STAGES, OPEN_STAGES, Code, Line, Outcome, Project, Stage, Text


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
        require_evidence(self.item, self.evidence)
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
    """An outside department decided. A grant meets preconditions like any other."""

    item: str
    outcome: Outcome
    evidence: str
    document_number: str = ""
    document_on: date | None = None
    source: str = ""
    verified_on: date | None = None

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        if item.stage in FRESH_STAGES:
            item.renew()
        item.stage, item.outcome, item.suspensions, item.external = Stage.COMPLETED, self.outcome, {}, True


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
