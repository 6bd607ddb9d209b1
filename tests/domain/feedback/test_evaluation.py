"""好差评: one grade for each application, and a bad one says why."""

from __future__ import annotations

import pytest
from msgspec import structs

from domain.core.types import Outcome
from domain.project.feedback.evaluation import Channel, EvaluateService, Grade, ServiceEvaluated
from tests.examples import (
    APPLICANT,
    FIRE,
    LAND,
    MANAGER,
    REGISTERED,
    ZONE_2020,
    accepted,
    completed,
    submitted,
    under_examination,
)
from tests.spec import given

GOOD = EvaluateService(item="land", grade=Grade.SATISFIED, channel=Channel.HALL)
RULE = ZONE_2020.name
EVALUATED = ServiceEvaluated(
    item="land",
    department="land",
    grade=Grade.SATISFIED,
    bad=False,
    channel=Channel.HALL,
    evaluation="land-1",
    rule=RULE,
)


@pytest.mark.parametrize("grade", [Grade.VERY_SATISFIED, Grade.SATISFIED, Grade.FAIR])
def test_a_good_grade_needs_no_words(grade: Grade) -> None:
    given(REGISTERED, submitted()).when(structs.replace(GOOD, grade=grade), by=APPLICANT).then(
        structs.replace(EVALUATED, grade=grade)
    )


@pytest.mark.parametrize("grade", [Grade.DISSATISFIED, Grade.VERY_DISSATISFIED])
def test_a_bad_grade_says_why(grade: Grade) -> None:
    bad = structs.replace(GOOD, grade=grade)
    evaluated = structs.replace(EVALUATED, grade=grade, bad=True)

    given(REGISTERED, submitted()).when(bad, by=APPLICANT).refused("grade-unexplained", str(grade))
    given(REGISTERED, submitted()).when(structs.replace(bad, reasons=("", " ")), by=APPLICANT).refused(
        "grade-unexplained"
    )
    given(REGISTERED, submitted()).when(structs.replace(bad, comment="slow"), by=APPLICANT).then(
        structs.replace(evaluated, comment="slow")
    )
    given(REGISTERED, submitted()).when(structs.replace(bad, reasons=("slow",)), by=APPLICANT).then(
        structs.replace(evaluated, reasons=("slow",))
    )


def test_there_is_one_evaluation_for_each_application() -> None:
    again = (EVALUATED, completed(outcome=Outcome.REFUSED), submitted())

    given(REGISTERED, *under_examination(), EVALUATED).when(GOOD, by=APPLICANT).refused("already-evaluated")
    given(REGISTERED, *under_examination(), *again).when(GOOD, by=APPLICANT).then(
        structs.replace(EVALUATED, evaluation="land-2")
    )


def test_nothing_done_nothing_to_grade() -> None:
    given(REGISTERED).when(GOOD, by=APPLICANT).refused("nothing-to-evaluate")


def test_those_who_serve_do_not_grade_themselves() -> None:
    for by in (LAND, MANAGER):
        given(REGISTERED, submitted()).when(GOOD, by=by).refused("wrong-role", "evaluate")


def test_each_contact_has_an_evaluation_of_its_own() -> None:
    contact = structs.replace(GOOD, contact=3)
    of_contact = structs.replace(EVALUATED, contact=3, evaluation="land-1-v3", department="fire")
    served = given(REGISTERED, submitted(), (FIRE, accepted()), EVALUATED).when(contact, by=APPLICANT).then(of_contact)

    assert set(served.state().evaluations) == {"land-1", "land-1-v3"}
    given(REGISTERED, submitted(), (FIRE, accepted()), of_contact).when(contact, by=APPLICANT).refused(
        "already-evaluated", "entry 3"
    )
    given(REGISTERED, submitted(), (FIRE, accepted()), of_contact).when(GOOD, by=APPLICANT).then(EVALUATED)


def test_a_contact_is_an_entry_of_those_who_serve() -> None:
    own = (REGISTERED, (APPLICANT, submitted()))
    for contact in (1, 2, 9):
        given(*own).when(structs.replace(GOOD, contact=contact), by=APPLICANT).refused("no-contact")


def test_an_evaluation_stored_at_first_is_known_by_its_application() -> None:
    old = structs.replace(EVALUATED, evaluation="", rule="")

    assert given(REGISTERED, submitted(), old).project.evaluations.keys() == {"land-1"}
