"""Numbering: an application without a case number gets one, once, of the year in which it was filed."""

from __future__ import annotations

from datetime import datetime

from msgspec import structs

from domain.core.case_number import case_number
from domain.project.application.numbering import CaseNumbered, NumberCase
from domain.project.application.submission import ItemSubmitted, SubmitItem
from tests.examples import APPLICANT, IMPORTER, LAND, REGISTERED, submitted
from tests.spec import Spec, given

LATER = datetime.fromisoformat("2027-01-04T09:00:00+08:00")


def numbered(spec: Spec) -> Spec:
    """With a counter at hand, as the ledger has it."""
    spec.context = structs.replace(spec.context, case_area="BDA", case_counter=7)
    return spec


def test_an_application_is_given_a_number() -> None:
    (fact,) = numbered(given(REGISTERED).when(SubmitItem(item="land"), by=APPLICANT)).decided()
    assert isinstance(fact, ItemSubmitted)
    assert fact.case_number == case_number("BDA", 2026, 7)


def test_what_another_register_took_in_has_no_number_of_ours() -> None:
    (fact,) = numbered(given(REGISTERED).when(SubmitItem(item="land"), by=IMPORTER)).decided()
    assert isinstance(fact, ItemSubmitted)
    assert fact.case_number == ""


def test_an_application_of_before_is_numbered_by_the_year_it_was_filed_in() -> None:
    spec = numbered(given(REGISTERED, submitted("land")).when(NumberCase(item="land"), by=IMPORTER, at=LATER))
    after = spec.then(CaseNumbered(item="land", application=1, case_number=case_number("BDA", 2026, 7)))
    assert after.state().item("land").case_number == case_number("BDA", 2026, 7)


def test_a_case_is_numbered_once_and_only_by_the_system() -> None:
    fact = CaseNumbered(item="land", application=1, case_number="BDA2026-000007-0")
    given(REGISTERED, submitted("land"), fact).when(NumberCase(item="land"), by=IMPORTER).refused("already-numbered")
    given(REGISTERED, submitted("land")).when(NumberCase(item="land"), by=LAND).refused("wrong-role")
    given(REGISTERED).when(NumberCase(item="land"), by=IMPORTER).refused("not-applied-for")
