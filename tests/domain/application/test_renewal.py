"""延续 renewal: an application names the licence that ends, and a grant says through which day it is valid."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from msgspec.structs import replace

from domain.core.plan import PlannedItem
from domain.core.types import Mode, Outcome, Stage
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import EntryRetracted
from domain.project.application.registration import ItemPlanned
from domain.project.application.submission import ItemSubmitted, LicenceToRenew, SubmitItem
from domain.project.state.project import Licence
from tests.examples import (
    APPLICANT,
    DUTCH_LAW,
    IMPORTER,
    LAND,
    LAW,
    REGISTERED,
    completed,
    submitted,
    under_examination,
)
from tests.spec import Spec, given

LAST = date(2026, 6, 30)
PLAN = PlannedItem(item="renewal", department="land", mode=Mode.RENEWAL)
PLANNED = ItemPlanned(item="renewal", plan=PLAN)
RENEW = SubmitItem(item="renewal", renews=LicenceToRenew(number="L-7", valid_through=LAST))
SUBMITTED = ItemSubmitted(item="renewal", law=LAW.name, renews=Licence(number="L-7", valid_through=LAST))
GRANTED = replace(completed(), document_number="L-9", valid_through=LAST)


def renewing() -> Spec:
    return given(REGISTERED, PLANNED)


def test_an_application_keeps_the_licence_it_asks_to_be_renewed() -> None:
    item = renewing().when(RENEW, by=APPLICANT).then(SUBMITTED).state().items["renewal"]

    assert (item.stage, item.renews) == (Stage.SUBMITTED, Licence(number="L-7", valid_through=LAST))


def test_a_licence_is_renewed_in_any_mode_that_the_law_has() -> None:
    command = SubmitItem(item="land", renews=LicenceToRenew(valid_through=LAST))

    given(REGISTERED).when(command, by=APPLICANT).then(replace(submitted(), renews=Licence(valid_through=LAST)))


def test_a_licence_granted_here_is_renewed_through_the_day_on_record() -> None:
    """Neither its number nor its last day has to be copied, and another last day is no more right than the record."""
    spec = given(REGISTERED, PLANNED, *under_examination(), GRANTED)
    of_land = SubmitItem(item="renewal", renews=LicenceToRenew(item="land"))

    renews = Licence(number="L-9", valid_through=LAST, item="land")
    spec.when(of_land, by=APPLICANT).then(replace(SUBMITTED, renews=renews))
    other = LicenceToRenew(item="land", valid_through=date(2027, 6, 30))
    again = given(REGISTERED, PLANNED, *under_examination(), GRANTED)
    again.when(replace(of_land, renews=other), by=APPLICANT).refused("licence-contradicts", "2026-06-30")


@pytest.mark.parametrize("facts", [(), under_examination(), (*under_examination(), completed())])
def test_a_licence_without_a_last_day_on_record_has_to_be_named(facts: tuple[ItemSubmitted, ...]) -> None:
    command = SubmitItem(item="renewal", renews=LicenceToRenew(item="land"))

    refusal = given(REGISTERED, PLANNED, *facts).when(command, by=APPLICANT).refused("licence-missing")
    assert "50" in refusal.article
    assert "valid_through" in refusal.remedy


@pytest.mark.parametrize("renews", [None, LicenceToRenew(), LicenceToRenew(number="L-7")])
def test_a_renewal_says_when_the_licence_ends(renews: LicenceToRenew | None) -> None:
    renewing().when(SubmitItem(item="renewal", renews=renews), by=APPLICANT).refused("licence-missing", item="renewal")


def test_a_licence_that_has_ended_is_not_renewed_but_an_imported_case_may_say_so() -> None:
    over = replace(RENEW, renews=LicenceToRenew(valid_through=date(2026, 3, 15)))
    today = replace(RENEW, renews=LicenceToRenew(valid_through=date(2026, 3, 16)))

    renewing().when(over, by=APPLICANT).refused("licence-over", "2026-03-15")
    for command, by in ((today, APPLICANT), (over, IMPORTER)):
        assert command.renews
        renews = Licence(valid_through=command.renews.valid_through or LAST)
        renewing().when(command, by=by).then(replace(SUBMITTED, renews=renews))


def test_a_law_without_renewal_by_silence_renews_nothing() -> None:
    plan = PlannedItem(item="report", department="environment", special="eia_report")
    command = SubmitItem(item="report", renews=LicenceToRenew(valid_through=LAST))

    given(REGISTERED, ItemPlanned(item="report", plan=plan)).when(command, by=APPLICANT).refused("no-renewal")
    land = SubmitItem(item="land", renews=LicenceToRenew(valid_through=LAST))
    given(REGISTERED).when(land, by=APPLICANT, law=DUTCH_LAW).refused("no-renewal")


def test_a_grant_says_through_which_day_it_is_valid_and_nothing_else_does() -> None:
    at = datetime.fromisoformat("2026-03-16T09:00:00+08:00")
    grant = CompleteItem(item="land", outcome=Outcome.GRANTED, document_number="L-9", valid_through=LAST)
    spec = given(REGISTERED, *under_examination())

    refused = CompleteItem(item="land", outcome=Outcome.REFUSED, reasons="no quota left", valid_through=LAST)
    spec.when(refused, by=LAND, at=at).refused("validity-without-grant", "2026-06-30")
    spec.when(replace(grant, valid_through=date(2026, 3, 15)), by=LAND, at=at).refused("validity-over")
    item = spec.when(grant, by=LAND, at=at).then(GRANTED).state().items["land"]
    assert item.granted_as == Licence(number="L-9", valid_through=LAST, item="land")


def test_an_application_that_was_retracted_renews_nothing() -> None:
    spec = given(REGISTERED, PLANNED, SUBMITTED, EntryRetracted(version=3, item="renewal", reasons="wrong licence"))

    assert spec.project.items["renewal"].renews is None
