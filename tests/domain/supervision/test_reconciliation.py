"""数据对接: what a department's own system reports confirms or disputes what was keyed in, and never replaces it."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec import structs

from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.core.types import Outcome, Stage
from domain.messages import AnyFact
from domain.project.external.results import (
    DiscrepancyFound,
    DiscrepancySettled,
    ExternalResultConfirmed,
    ExternalResultRecorded,
    KeptResult,
    ReconcileExternalResult,
    SettleDiscrepancy,
)
from domain.project.state.project import ExternalResult
from tests.examples import APPLICANT, FEED, LAND, MANAGER, REGISTERED, accepted, completed, submitted
from tests.spec import given

KEYED = ExternalResultRecorded(
    item="tax", outcome=Outcome.GRANTED, evidence="scan 4", document_number="T-1", source="window"
)
REPORT = ReconcileExternalResult(
    item="tax", outcome=Outcome.GRANTED, source="exchange", document_number="t - 1", document_on=date(2026, 3, 10)
)
CONFIRMED = ExternalResultConfirmed(
    item="tax", source="exchange", document_number="t - 1", document_on=date(2026, 3, 10)
)
OTHER = structs.replace(REPORT, outcome=Outcome.REFUSED, document_number="T-2")
KEYED_IN = ExternalResult(Outcome.GRANTED, "T-1", None, "window")
FED = ExternalResult(Outcome.REFUSED, "T-2", date(2026, 3, 10), "exchange", by_feed=True)
FOUND = DiscrepancyFound(item="tax", keyed=KEYED_IN, fed=FED)
SETTLE = SettleDiscrepancy(item="tax", keep=KeptResult.KEYED, reasons="telephoned")
KEPT = DiscrepancySettled(item="tax", kept=KeptResult.KEYED, reasons="telephoned", result=KEYED_IN)


@pytest.mark.parametrize("before", [(), (submitted("tax"),), (submitted("tax"), accepted("tax"))])
def test_where_nothing_was_keyed_in_the_report_is_the_result(before: tuple[AnyFact, ...]) -> None:
    recorded = ExternalResultRecorded(
        item="tax",
        outcome=Outcome.GRANTED,
        evidence="",
        document_number="t - 1",
        document_on=date(2026, 3, 10),
        source="exchange",
        by_feed=True,
    )

    item = given(REGISTERED, *before).when(REPORT, by=FEED).then(recorded).state().items["tax"]

    assert (item.stage, item.result and item.result.by_feed) == (Stage.COMPLETED, True)


def test_a_report_that_agrees_confirms_and_adds_what_was_left_out() -> None:
    item = given(REGISTERED, KEYED).when(REPORT, by=FEED).then(CONFIRMED).state().items["tax"]

    assert item.result == structs.replace(KEYED_IN, document_on=date(2026, 3, 10))
    given(REGISTERED, KEYED, CONFIRMED).when(REPORT, by=FEED).then(CONFIRMED)


def test_a_result_keyed_in_step_by_step_is_confirmed_too() -> None:
    steps = (submitted("tax"), accepted("tax"), completed("tax"))

    item = given(REGISTERED, *steps).when(REPORT, by=FEED).then(CONFIRMED).state().items["tax"]

    assert item.external
    given(REGISTERED, *steps).when(OTHER, by=FEED).then(
        structs.replace(FOUND, keyed=ExternalResult(Outcome.GRANTED), fed=FED)
    )


@pytest.mark.parametrize(
    "change", [{"outcome": Outcome.REFUSED}, {"document_number": "T-2"}, {"document_on": date(2026, 3, 11)}]
)
def test_a_report_that_differs_is_kept_beside_and_overwrites_nothing(change: dict[str, object]) -> None:
    keyed = structs.replace(KEYED, document_on=date(2026, 3, 10))
    before = given(REGISTERED, keyed).project.items["tax"]

    after = given(REGISTERED, keyed).when(structs.replace(REPORT, **change), by=FEED)
    disputed = given(
        REGISTERED,
        keyed,
        DiscrepancyFound(
            item="tax",
            keyed=ExternalResult(Outcome.GRANTED, "T-1", date(2026, 3, 10), "window"),
            fed=ExternalResult(
                **{"outcome": Outcome.GRANTED, "document_number": "t - 1", "document_on": date(2026, 3, 10)} | change,  # type: ignore[arg-type]  # one field is another
                source="exchange",
                by_feed=True,
            ),
        ),
    )

    after.then(disputed.entries[-1].fact)
    item = disputed.project.items["tax"]
    assert (item.outcome, item.result, item.stage) == (before.outcome, before.result, before.stage)
    assert item.disputed is not None


def test_the_same_discrepancy_is_recorded_once() -> None:
    given(REGISTERED, KEYED, FOUND).when(OTHER, by=FEED).refused("discrepancy-known", "waits for the project manager")
    given(REGISTERED, KEYED, FOUND, KEPT).when(OTHER, by=FEED).refused("discrepancy-known", "was decided against")


def test_a_feed_that_comes_round_closes_its_discrepancy() -> None:
    item = given(REGISTERED, KEYED, FOUND).when(REPORT, by=FEED).then(CONFIRMED).state().items["tax"]

    assert item.disputed is None


def test_the_project_manager_keeps_what_was_keyed_in_or_takes_the_feed() -> None:
    disputed = given(REGISTERED, KEYED, FOUND)

    settled = disputed.when(SETTLE, by=MANAGER).then(KEPT).state().items["tax"]
    taken = (
        given(REGISTERED, KEYED, FOUND)
        .when(structs.replace(SETTLE, keep=KeptResult.FEED), by=MANAGER)
        .then(structs.replace(KEPT, kept=KeptResult.FEED, result=FED))
        .state()
        .items["tax"]
    )

    assert (settled.outcome, settled.result, settled.disputed) == (Outcome.GRANTED, KEYED_IN, None)
    assert (taken.outcome, taken.result, taken.disputed) == (Outcome.REFUSED, FED, None)


def test_what_is_taken_from_the_feed_decides_on_preconditions() -> None:
    after_tax = structs.replace(
        REGISTERED, items=(*REGISTERED.items, PlannedItem(item="bank", department="bank", requires=("tax",)))
    )

    assert given(after_tax, KEYED, FOUND).project.unmet("bank") == []
    taken = structs.replace(KEPT, kept=KeptResult.FEED, result=FED)
    assert given(after_tax, KEYED, FOUND, taken).project.unmet("bank") == ["tax"]


def test_settling_needs_a_discrepancy_reasons_and_the_project_manager() -> None:
    given(REGISTERED, KEYED).when(SETTLE, by=MANAGER).refused("no-discrepancy")
    given(REGISTERED, KEYED, FOUND).when(structs.replace(SETTLE, reasons=" "), by=MANAGER).refused("reasons-missing")
    for by in (FEED, LAND, APPLICANT):
        given(REGISTERED, KEYED, FOUND).when(SETTLE, by=by).refused("wrong-role")


def test_only_the_own_system_of_an_outside_department_reports() -> None:
    for by in (MANAGER, LAND, APPLICANT):
        given(REGISTERED).when(REPORT, by=by).refused("wrong-role")
    elsewhere = Actor("x", "bank", Role.INTEGRATOR)
    given(REGISTERED).when(REPORT, by=elsewhere).refused("wrong-department", "an item of tax")
    given(REGISTERED).when(structs.replace(REPORT, item="land"), by=FEED).refused("department-is-live")
    given(REGISTERED).when(structs.replace(REPORT, source=" "), by=FEED).refused("source-missing")
