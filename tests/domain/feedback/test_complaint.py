"""投诉: filed by those served, answered by those complained of, closed by the person who filed it."""

from __future__ import annotations

import pytest
from msgspec import structs

from domain.core.ledger import Actor
from domain.project.application.correction import EntryRetracted
from domain.project.feedback.complaint import (
    AnswerComplaint,
    CloseComplaint,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintFiled,
    FileComplaint,
)
from domain.project.state.feedback import Satisfied
from tests.examples import APPLICANT, BUREAU, FIRE, LAND, LEADER, MANAGER, REGISTERED, ZONE_2020, submitted
from tests.spec import given

RULE = ZONE_2020.name
FILE = FileComplaint(complaint="c1", item="land", about="too slow", contact="Chen")
FILED = ComplaintFiled(
    complaint="c1", item="land", department="land", about="too slow", by="hengxin", contact="Chen", rule=RULE
)
ANSWER = AnswerComplaint(complaint="c1", answer="we hurry now", upheld=True)
ANSWERED = ComplaintAnswered(complaint="c1", item="land", answer="we hurry now", upheld=True)
CLOSE = CloseComplaint(complaint="c1", satisfied=Satisfied.YES, remarks="thanks")
CLOSED = ComplaintClosed(complaint="c1", item="land", satisfied=Satisfied.YES, remarks="thanks")


def test_a_complaint_names_the_department_it_is_about() -> None:
    given(REGISTERED).when(FILE, by=APPLICANT).then(FILED)


def test_a_complaint_may_be_about_the_project_as_a_whole() -> None:
    whole = structs.replace(FILED, item="", department="")

    given(REGISTERED).when(structs.replace(FILE, item=""), by=APPLICANT).then(whole)
    given().when(structs.replace(FILE, item=""), by=APPLICANT).refused("not-registered")


def test_a_complaint_has_a_text_an_id_of_its_own_and_a_known_item() -> None:
    given(REGISTERED).when(structs.replace(FILE, about=" "), by=APPLICANT).refused("complaint-empty")
    given(REGISTERED, FILED).when(FILE, by=APPLICANT).refused("complaint-repeated")
    given(REGISTERED).when(structs.replace(FILE, item="moon"), by=APPLICANT).refused("unknown-item")


def test_an_officer_does_not_complain() -> None:
    given(REGISTERED).when(FILE, by=LAND).refused("wrong-role")


@pytest.mark.parametrize("by", [LAND, BUREAU])
def test_the_department_or_the_bureau_answers(by: Actor) -> None:
    given(REGISTERED, FILED).when(ANSWER, by=by).then(ANSWERED)


@pytest.mark.parametrize("by", [FIRE, APPLICANT, LEADER])
def test_no_one_else_answers(by: Actor) -> None:
    given(REGISTERED, FILED).when(ANSWER, by=by).refused("wrong-department", "is not responsible for the complaint c1")


def test_only_the_bureau_answers_for_the_project_as_a_whole() -> None:
    whole = structs.replace(FILED, item="", department="")

    given(REGISTERED, whole).when(ANSWER, by=Actor("nobody")).refused("wrong-department")
    given(REGISTERED, whole).when(ANSWER, by=BUREAU).then(structs.replace(ANSWERED, item=""))


def test_an_answer_says_something_once() -> None:
    given(REGISTERED, FILED).when(structs.replace(ANSWER, answer=""), by=LAND).refused("answer-empty")
    given(REGISTERED, FILED, ANSWERED).when(ANSWER, by=LAND).refused("complaint-settled", "already answered")
    given(REGISTERED, FILED, ANSWERED, CLOSED).when(ANSWER, by=LAND).refused("complaint-settled", "already closed")


def test_the_complainant_closes_it_after_the_answer() -> None:
    given(REGISTERED, FILED, ANSWERED).when(CLOSE, by=APPLICANT).then(CLOSED)
    given(REGISTERED, FILED).when(CLOSE, by=APPLICANT).refused("complaint-unanswered")
    given(REGISTERED, FILED, ANSWERED, CLOSED).when(CLOSE, by=APPLICANT).refused("complaint-settled")


def test_the_bureau_may_close_it_too_but_no_one_else() -> None:
    given(REGISTERED, FILED, ANSWERED).when(CLOSE, by=BUREAU).then(CLOSED)
    for by in (LAND, MANAGER, Actor("other", "", APPLICANT.role)):
        given(REGISTERED, FILED, ANSWERED).when(CLOSE, by=by).refused("wrong-role", "can't close")


@pytest.mark.parametrize("command", [ANSWER, CLOSE])
def test_an_unknown_complaint_is_neither_answered_nor_closed(command: AnswerComplaint | CloseComplaint) -> None:
    given(REGISTERED).when(command, by=BUREAU).refused("unknown-complaint", "c1")


def test_a_complaint_points_to_entries_that_count() -> None:
    pointed = structs.replace(FILE, entries=(2, 2), step="intake", person="li")
    filed = structs.replace(FILED, entries=(2,), step="intake", person="li")

    given(REGISTERED, submitted()).when(pointed, by=APPLICANT).then(filed)
    given(REGISTERED).when(pointed, by=APPLICANT).refused("no-such-entry", "entry 2 on land")
    given(REGISTERED, submitted("discharge")).when(pointed, by=APPLICANT).refused("no-such-entry")
    retracted = EntryRetracted(version=2, item="land", reasons="a slip")
    given(REGISTERED, submitted(), retracted).when(pointed, by=APPLICANT).refused("no-such-entry")


def test_an_answer_may_be_partly_and_quotes_its_evidence() -> None:
    partly = structs.replace(ANSWER, partly=True, entries=(1,))

    given(REGISTERED, FILED).when(partly, by=LAND).then(structs.replace(ANSWERED, partly=True, entries=(1,)))
    given(REGISTERED, FILED).when(structs.replace(partly, upheld=False), by=LAND).refused("outcome-contradicts")
    given(REGISTERED, FILED).when(structs.replace(partly, entries=(9,)), by=LAND).refused("no-such-entry")
    assert [structs.replace(ANSWERED, upheld=u, partly=p).outcome for u, p in ((1, 0), (1, 1), (0, 0))] == [
        "upheld",
        "partly",
        "unfounded",
    ]


def test_a_dissatisfied_complainant_says_why() -> None:
    unhappy = structs.replace(CLOSE, satisfied=Satisfied.NO, remarks=" ")

    given(REGISTERED, FILED, ANSWERED).when(unhappy, by=APPLICANT).refused("reasons-missing")
    given(REGISTERED, FILED, ANSWERED).when(structs.replace(unhappy, remarks="no help"), by=APPLICANT).then(
        structs.replace(CLOSED, satisfied=Satisfied.NO, remarks="no help")
    )


@pytest.mark.parametrize("code", ["hengxin", "HENGXIN-1", "of.chen"])
def test_the_id_of_an_anonymous_complaint_does_not_name_its_filer(code: str) -> None:
    revealing = structs.replace(FILE, complaint=code, anonymous=True)

    given(REGISTERED).when(revealing, by=APPLICANT).refused("complaint-names-complainant", code)
    given(REGISTERED).when(structs.replace(revealing, anonymous=False), by=APPLICANT).then(
        structs.replace(FILED, complaint=code)
    )
    given(REGISTERED).when(structs.replace(revealing, complaint="kitchen-1"), by=APPLICANT).then(
        structs.replace(FILED, complaint="kitchen-1", anonymous=True)
    )
