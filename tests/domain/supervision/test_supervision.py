"""A card is disputed and decided on; the bureau orders and the department answers."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from domain.core.ledger import Actor, Role
from domain.law.proof import Colour
from domain.project.state.signals import Appeal
from domain.project.supervision.appeals import (
    AnswerSupervision,
    AppealCard,
    AppealDecided,
    CardAppealed,
    DecideAppeal,
    OrderSupervision,
    SupervisionAnswered,
    SupervisionOrdered,
    Verdict,
)
from domain.project.supervision.rescission import CardRescinded
from domain.project.supervision.signals import CardIssued
from tests.domain.supervision.test_card import WARNED
from tests.examples import APPLICANT, BUREAU, FIRE, LAND, LEADER, MANAGER, REGISTERED
from tests.spec import given

CARD = CardIssued(card="land-1", item="land", department="land", colour=Colour.YELLOW, reasons="no voucher")
APPEAL = AppealCard(card="land-1", reasons="it was handed over", papers=("the stub",))
APPEALED = CardAppealed(card="land-1", item="land", reasons="it was handed over", papers=("the stub",))
REVOKE = DecideAppeal(card="land-1", verdict=Verdict.REVOKE, reasons="so it was")
ORDER = OrderSupervision(order="o1", item="land", about="why so late?", feedback_by=date(2026, 3, 20))
ORDERED = SupervisionOrdered(
    order="o1", item="land", department="land", about="why so late?", feedback_by=date(2026, 3, 20)
)
ANSWER = AnswerSupervision(order="o1", answer="the map was missing")


def decided(verdict: Verdict) -> AppealDecided:
    return AppealDecided(card="land-1", item="land", verdict=verdict, reasons="so it was")


def test_the_department_disputes_its_card() -> None:
    state = given(REGISTERED, CARD).when(APPEAL, by=LAND).then(APPEALED).state()

    assert state.signals["land-1"].appeal is Appeal.OPEN


@pytest.mark.parametrize("by", [FIRE, APPLICANT, BUREAU, MANAGER])
def test_no_one_else_disputes_it(by: Actor) -> None:
    given(REGISTERED, CARD).when(APPEAL, by=by).refused("wrong-department", department="land")


def test_the_manager_speaks_for_a_department_outside() -> None:
    card = replace(CARD, card="tax-1", item="tax", department="tax")

    given(REGISTERED, card).when(replace(APPEAL, card="tax-1"), by=MANAGER).then(
        replace(APPEALED, card="tax-1", item="tax")
    )


def test_an_appeal_needs_reasons_and_a_card_that_counts() -> None:
    given(REGISTERED, CARD).when(replace(APPEAL, reasons=""), by=LAND).refused("reasons-missing")
    given(REGISTERED).when(APPEAL, by=LAND).refused("unknown-card", "no card land-1")
    given(REGISTERED, WARNED).when(APPEAL, by=LAND).refused("card-void", "not a card but a warning")
    rescinded = CardRescinded(card="land-1", item="land", cause=2, calendar="")
    given(REGISTERED, CARD, rescinded).when(APPEAL, by=LAND).refused("card-void", "rescinded")


@pytest.mark.parametrize(
    ("verdict", "appeal"),
    [(Verdict.UPHOLD, Appeal.UPHELD), (Verdict.REVOKE, Appeal.REVOKED), (Verdict.RETURN, Appeal.RETURNED)],
)
def test_the_bureau_decides(verdict: Verdict, appeal: Appeal) -> None:
    command = replace(REVOKE, verdict=verdict)
    state = given(REGISTERED, CARD, APPEALED).when(command, by=BUREAU).then(decided(verdict)).state()

    assert state.signals["land-1"].appeal is appeal


def test_only_the_bureau_decides_with_reasons_on_an_open_appeal() -> None:
    given(REGISTERED, CARD, APPEALED).when(REVOKE, by=LAND).refused("wrong-role")
    given(REGISTERED, CARD, APPEALED).when(replace(REVOKE, reasons=" "), by=BUREAU).refused("reasons-missing")
    given(REGISTERED, CARD).when(REVOKE, by=BUREAU).refused("no-appeal")
    given(REGISTERED, CARD, APPEALED, decided(Verdict.UPHOLD)).when(REVOKE, by=BUREAU).refused("no-appeal", "upheld")


def test_an_appeal_is_made_once_and_again_where_it_was_returned() -> None:
    given(REGISTERED, CARD, APPEALED).when(APPEAL, by=LAND).refused("appeal-settled", "open")
    given(REGISTERED, CARD, APPEALED, decided(Verdict.RETURN)).when(APPEAL, by=LAND).then(APPEALED)
    for verdict in (Verdict.UPHOLD, Verdict.REVOKE):
        given(REGISTERED, CARD, APPEALED, decided(verdict)).when(APPEAL, by=LAND).refused("appeal-settled")


@pytest.mark.parametrize("by", [BUREAU, LEADER])
def test_bureau_and_leaders_order(by: Actor) -> None:
    given(REGISTERED).when(ORDER, by=by).then(ORDERED)


def test_an_order_about_a_card_goes_to_whose_it_is() -> None:
    card = replace(CARD, department="fire")
    about_card = replace(ORDER, card="land-1")
    expected = replace(ORDERED, department="fire", card="land-1")

    given(REGISTERED, card).when(about_card, by=BUREAU).then(expected)
    given(REGISTERED, card).when(replace(about_card, department="water"), by=BUREAU).then(
        replace(expected, department="water")
    )
    given(REGISTERED).when(about_card, by=BUREAU).refused("unknown-card")


def test_an_order_needs_a_right_a_reason_an_id_of_its_own_and_a_day_to_come() -> None:
    given(REGISTERED).when(ORDER, by=LAND).refused("wrong-role")
    given(REGISTERED).when(replace(ORDER, about=""), by=BUREAU).refused("reasons-missing")
    given(REGISTERED, ORDERED).when(ORDER, by=BUREAU).refused("order-repeated")
    given(REGISTERED).when(replace(ORDER, feedback_by=date(2026, 3, 15)), by=BUREAU).refused("feedback-day-past")
    today = replace(ORDER, feedback_by=date(2026, 3, 16))
    given(REGISTERED).when(today, by=BUREAU).then(replace(ORDERED, feedback_by=date(2026, 3, 16)))
    given(REGISTERED).when(replace(ORDER, item="moon"), by=BUREAU).refused("unknown-item")


def test_the_department_answers_once() -> None:
    answered = SupervisionAnswered(order="o1", item="land", answer="the map was missing")

    given(REGISTERED, ORDERED).when(ANSWER, by=LAND).then(answered)
    given(REGISTERED, ORDERED, answered).when(ANSWER, by=LAND).refused("order-answered")
    given(REGISTERED, ORDERED).when(ANSWER, by=FIRE).refused("wrong-department")
    given(REGISTERED, ORDERED).when(replace(ANSWER, answer=" "), by=LAND).refused("feedback-empty")
    given(REGISTERED).when(ANSWER, by=LAND).refused("unknown-order", "no order o1")


def test_an_officer_without_a_department_answers_nothing() -> None:
    officer = Actor("li", "", Role.OFFICER)

    given(REGISTERED, replace(ORDERED, department="")).when(ANSWER, by=officer).refused("wrong-department")
