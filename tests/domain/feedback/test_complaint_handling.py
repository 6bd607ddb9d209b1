"""投诉办理: accepted or not, passed on, extended, taken back; by whom, how often, and with reasons."""

from __future__ import annotations

import pytest
from msgspec import structs

from domain.core.ledger import Actor
from domain.messages import AnyCommand
from domain.project.feedback.complaint import (
    AcceptComplaint,
    ComplaintAccepted,
    ComplaintAnswered,
    ComplaintDeclined,
    ComplaintExtended,
    ComplaintFiled,
    ComplaintTransferred,
    ComplaintWithdrawn,
    DeclineComplaint,
    ExtendComplaint,
    TransferComplaint,
    WithdrawComplaint,
)
from tests.examples import APPLICANT, BUREAU, FIRE, LAND, MANAGER, REGISTERED, ZONE_2020
from tests.spec import given

RULE = ZONE_2020.name
FILED = ComplaintFiled(complaint="c1", item="land", department="land", about="too slow", by="hengxin", rule=RULE)
ANSWERED = ComplaintAnswered(complaint="c1", item="land", answer="we hurry now", upheld=True)
ACCEPT, ACCEPTED = (
    AcceptComplaint(complaint="c1"),
    ComplaintAccepted(complaint="c1", item="land", department="land", rule=RULE),
)
DECLINE, DECLINED = (
    DeclineComplaint(complaint="c1", reasons="in court"),
    ComplaintDeclined(complaint="c1", item="land", reasons="in court"),
)
TRANSFER, TRANSFERRED = (
    TransferComplaint(complaint="c1", to="fire", reasons="theirs"),
    ComplaintTransferred(complaint="c1", item="land", sender="land", to="fire", reasons="theirs", rule=RULE),
)
EXTEND, EXTENDED = (
    ExtendComplaint(complaint="c1", days=15, reasons="tests", approver="head"),
    ComplaintExtended(complaint="c1", item="land", days=15, reasons="tests", approver="head", rule=RULE),
)
WITHDRAW, WITHDRAWN = (
    WithdrawComplaint(complaint="c1"),
    ComplaintWithdrawn(complaint="c1", item="land"),
)
HANDLING: tuple[AnyCommand, ...] = (ACCEPT, DECLINE, TRANSFER, EXTEND)


@pytest.mark.parametrize("by", [LAND, BUREAU])
def test_the_department_or_the_bureau_accepts_declines_and_passes_on(by: Actor) -> None:
    given(REGISTERED, FILED).when(ACCEPT, by=by).then(ACCEPTED)
    given(REGISTERED, FILED).when(DECLINE, by=by).then(DECLINED)
    given(REGISTERED, FILED).when(TRANSFER, by=by).then(TRANSFERRED)
    given(REGISTERED, FILED, ACCEPTED).when(EXTEND, by=by).then(EXTENDED)


@pytest.mark.parametrize("command", HANDLING)
def test_no_one_else_handles_it_and_nothing_that_is_over(command: AnyCommand) -> None:
    for by in (FIRE, APPLICANT, MANAGER):
        given(REGISTERED, FILED).when(command, by=by).refused("wrong-department")
    given(REGISTERED).when(command, by=LAND).refused("unknown-complaint")
    for over in (ANSWERED, DECLINED, WITHDRAWN):
        given(REGISTERED, FILED, over).when(command, by=LAND).refused("complaint-settled")


def test_it_is_accepted_once_and_not_declined_afterwards() -> None:
    given(REGISTERED, FILED, ACCEPTED).when(ACCEPT, by=LAND).refused("complaint-accepted")
    given(REGISTERED, FILED, ACCEPTED).when(DECLINE, by=LAND).refused("complaint-accepted")
    given(REGISTERED, FILED).when(structs.replace(DECLINE, reasons=" "), by=LAND).refused("reasons-missing")


def test_a_complaint_passed_on_is_for_the_other_department() -> None:
    given(REGISTERED, FILED, TRANSFERRED).when(ACCEPT, by=LAND).refused("wrong-department", department="fire")
    given(REGISTERED, FILED, TRANSFERRED).when(ACCEPT, by=FIRE).then(structs.replace(ACCEPTED, department="fire"))
    given(REGISTERED, FILED, TRANSFERRED).when(TRANSFER, by=FIRE).refused("transfer-nowhere")
    given(REGISTERED, FILED).when(structs.replace(TRANSFER, reasons=""), by=LAND).refused("reasons-missing")


def test_departments_do_not_pass_it_on_permanently() -> None:
    back = structs.replace(TRANSFERRED, sender="fire", to="land")
    twice = given(REGISTERED, FILED, TRANSFERRED, back)

    assert ZONE_2020.transfers_max == 2
    twice.when(TRANSFER, by=LAND).refused("transfer-repeated", "2 times")
    twice.when(TRANSFER, by=BUREAU).then(TRANSFERRED)


def test_an_answer_is_extended_once_for_reasons_with_approval() -> None:
    given(REGISTERED, FILED).when(EXTEND, by=LAND).refused("complaint-not-accepted")
    given(REGISTERED, FILED, ACCEPTED, EXTENDED).when(EXTEND, by=LAND).refused("extension-repeated")
    for change, code in (
        ({"days": 16}, "extension-exceeds-limit"),
        ({"reasons": ""}, "reasons-missing"),
        ({"approver": " "}, "wrong-approver"),
    ):
        given(REGISTERED, FILED, ACCEPTED).when(structs.replace(EXTEND, **change), by=LAND).refused(code)


def test_the_complainant_withdraws_it_before_the_answer() -> None:
    given(REGISTERED, FILED, ACCEPTED).when(WITHDRAW, by=APPLICANT).then(WITHDRAWN)
    for by in (LAND, BUREAU, Actor("other", "", APPLICANT.role)):
        given(REGISTERED, FILED).when(WITHDRAW, by=by).refused("wrong-role")
    given(REGISTERED, FILED, ANSWERED).when(WITHDRAW, by=APPLICANT).refused("complaint-settled")


def test_an_answer_accepts_what_was_not_accepted() -> None:
    assert given(REGISTERED, FILED, ANSWERED).project.complaints["c1"].accepted


@pytest.mark.parametrize("fact", [ACCEPTED, DECLINED, TRANSFERRED, EXTENDED, WITHDRAWN])
def test_a_fact_about_a_complaint_that_was_retracted_changes_nothing(fact: ComplaintAccepted) -> None:
    assert not given(REGISTERED, fact).project.complaints
