"""系统外结果: the project manager keys in what departments outside the system decided."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from msgspec import structs

from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.core.types import Outcome, Stage
from domain.messages import AnyCommand, AnyFact
from domain.project.external.results import (
    AttestRecord,
    ExternalResultRecorded,
    ExternalResultVerified,
    ReconcileExternalResult,
    RecordAttested,
    RecordExternalResult,
    VerifyExternalResult,
)
from tests.examples import APPLICANT, LAND, MANAGER, REGISTERED, accepted, submitted
from tests.spec import NOW, given

RECORD = RecordExternalResult(
    item="tax",
    outcome=Outcome.GRANTED,
    evidence="scan 4",
    document_number="T-1",
    document_on=date(2026, 3, 10),
    source="tax office",
    verified_on=date(2026, 3, 12),
)
RECORDED = ExternalResultRecorded(
    item="tax",
    outcome=Outcome.GRANTED,
    evidence="scan 4",
    document_number="T-1",
    document_on=date(2026, 3, 10),
    source="tax office",
    verified_on=date(2026, 3, 12),
)
VERIFY, ATTEST = VerifyExternalResult(item="tax", evidence="by telephone"), AttestRecord(item="tax")
EFFECTIVE = datetime.fromisoformat("2026-03-10T10:00:00+08:00")


@pytest.mark.parametrize("before", [(), (submitted("tax"),), (submitted("tax"), accepted("tax"))])
def test_a_result_is_keyed_in_with_its_provenance_however_far_the_record_got(before: tuple[AnyFact, ...]) -> None:
    item = (
        given(REGISTERED, *before).when(RECORD, by=MANAGER, at=EFFECTIVE, now=NOW).then(RECORDED).state().items["tax"]
    )

    assert (item.stage, item.outcome, item.application) == (Stage.COMPLETED, Outcome.GRANTED, 1)


def test_a_granted_result_meets_preconditions() -> None:
    after_tax = structs.replace(
        REGISTERED, items=(*REGISTERED.items, PlannedItem(item="bank", department="bank", requires=("tax",)))
    )

    assert given(after_tax).project.unmet("bank") == ["tax"]
    assert given(after_tax, RECORDED).project.unmet("bank") == []
    assert given(after_tax, structs.replace(RECORDED, outcome=Outcome.REFUSED)).project.unmet("bank") == ["tax"]


@pytest.mark.parametrize("command", [RECORD, VERIFY, ATTEST])
def test_only_the_project_manager_keys_in_and_only_for_those_outside(command: AnyCommand) -> None:
    for by in (LAND, APPLICANT):
        given(REGISTERED).when(command, by=by).refused("wrong-role")
    given(REGISTERED).when(structs.replace(command, item="land"), by=MANAGER).refused(
        "department-is-live", "land works in this system"
    )


def test_a_result_needs_evidence() -> None:
    given(REGISTERED).when(structs.replace(RECORD, evidence=" "), by=MANAGER).refused("evidence-missing")
    given(REGISTERED, RECORDED).when(structs.replace(VERIFY, evidence=""), by=MANAGER).refused("evidence-missing")


def test_a_second_result_is_a_correction_not_a_result() -> None:
    given(REGISTERED, RECORDED).when(RECORD, by=MANAGER).refused("wrong-stage", "is completed")


def test_a_result_can_be_verified_later_and_again() -> None:
    verified = ExternalResultVerified(item="tax", evidence="by telephone")

    given(REGISTERED, RECORDED).when(VERIFY, by=MANAGER).then(verified)
    given(REGISTERED, RECORDED, verified).when(VERIFY, by=MANAGER).then(verified)
    given(REGISTERED).when(VERIFY, by=MANAGER).refused("no-external-result")


def test_the_manager_attests_that_nothing_more_happened() -> None:
    given(REGISTERED, submitted("tax")).when(ATTEST, by=MANAGER).then(RecordAttested(item="tax"))


def test_nothing_takes_effect_in_the_future() -> None:
    given(REGISTERED).when(RECORD, by=MANAGER, at=NOW, now=EFFECTIVE).refused("in-the-future", "still to come")


@pytest.mark.parametrize("field", ["document_on", "verified_on"])
def test_nothing_was_looked_at_on_a_day_still_to_come(field: str) -> None:
    """Checked next year it would never grow stale."""
    record = structs.replace(RECORD, **{field: date(2026, 3, 17)})  # NOW is the 16th

    given(REGISTERED).when(record, by=MANAGER, at=EFFECTIVE, now=NOW).refused("in-the-future", "2026-03-17")


def test_a_feed_reports_no_document_of_a_future_day() -> None:
    reconcile = ReconcileExternalResult(
        item="tax", outcome=Outcome.GRANTED, source="tax-exchange", document_on=date(2026, 3, 17)
    )

    given(REGISTERED).when(reconcile, by=Actor("feed", "tax", Role.INTEGRATOR)).refused("in-the-future", "2026-03-17")
