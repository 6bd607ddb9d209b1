"""送达: a decision is delivered once, after it was made."""

from __future__ import annotations

from domain.core.types import Outcome, Stage
from domain.project.application.delivery import AttemptDelivery, DecisionDelivered, DeliverDecision, DeliveryAttempted
from tests.examples import FIRE, LAND, REGISTERED, completed, under_examination
from tests.spec import given

DECIDED = (REGISTERED, *under_examination(), completed())
DELIVER = DeliverDecision(item="land", method="window", recipient="Chen")
DELIVERED = DecisionDelivered(item="land", method="window", recipient="Chen")


def test_delivery_says_how_and_to_whom() -> None:
    assert given(*DECIDED).when(DELIVER, by=LAND).then(DELIVERED).state().items["land"].stage is Stage.DELIVERED


def test_a_refusal_is_delivered_too() -> None:
    given(REGISTERED, *under_examination(), completed(outcome=Outcome.REFUSED)).when(DELIVER, by=LAND).then(DELIVERED)


def test_there_is_nothing_to_deliver_before_the_decision_or_twice() -> None:
    given(REGISTERED, *under_examination()).when(DELIVER, by=LAND).refused("wrong-stage", "can't be delivered")
    given(*DECIDED, DELIVERED).when(DELIVER, by=LAND).refused("wrong-stage", "is delivered")


def test_another_department_delivers_nothing() -> None:
    given(*DECIDED).when(DELIVER, by=FIRE).refused("wrong-department")


def test_a_delivered_grant_still_meets_preconditions() -> None:
    assert given(*DECIDED, DELIVERED).project.unmet("site-plan") == []


def test_an_attempt_in_vain_is_put_on_record_and_delivers_nothing() -> None:
    attempt = AttemptDelivery(item="land", method="post", reasons="nobody there")

    spec = given(*DECIDED).when(attempt, by=LAND)
    spec.then(DeliveryAttempted(item="land", method="post", reasons="nobody there"))

    assert spec.state().items["land"].stage is Stage.COMPLETED
    spec.when(DeliverDecision(item="land", method="window"), by=LAND).then(
        DecisionDelivered(item="land", method="window")
    )


def test_an_attempt_needs_a_decision_and_says_what_was_found() -> None:
    attempt = AttemptDelivery(item="land", method="post", reasons=" ")
    given(*DECIDED).when(attempt, by=LAND).refused("reasons-missing")
    given(REGISTERED, *under_examination()).when(attempt, by=LAND).refused("wrong-stage")
    given(*DECIDED).when(attempt, by=FIRE).refused("wrong-department")
