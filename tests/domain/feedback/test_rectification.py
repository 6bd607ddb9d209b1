"""差评整改: a bad grade is looked into, put right and called back about, or appealed against."""

from __future__ import annotations

import pytest
from msgspec import structs

from domain.messages import AnyCommand
from domain.project.feedback.evaluation import (
    AppealEvaluation,
    AppealGround,
    CallBack,
    DecideEvaluationAppeal,
    EvaluationAppealDecided,
    EvaluationAppealed,
    EvaluationCalledBack,
    EvaluationRectified,
    Grade,
    RectificationStarted,
    RectifyEvaluation,
    ServiceEvaluated,
    StartRectification,
)
from domain.project.state.feedback import Satisfied
from tests.examples import APPLICANT, BUREAU, FIRE, LAND, REGISTERED, submitted
from tests.spec import Spec, given

BAD = ServiceEvaluated(
    item="land", department="land", grade=Grade.DISSATISFIED, bad=True, comment="slow", evaluation="land-1"
)
START = StartRectification(evaluation="land-1", handler="li", plan="call them")
STARTED = RectificationStarted(evaluation="land-1", item="land", handler="li", plan="call them")
RECTIFY = RectifyEvaluation(evaluation="land-1", real=True, measures="a second desk")
RECTIFIED = EvaluationRectified(evaluation="land-1", item="land", real=True, measures="a second desk")
CALL = CallBack(evaluation="land-1", satisfied=Satisfied.YES)
CALLED = EvaluationCalledBack(evaluation="land-1", item="land", satisfied=Satisfied.YES)
NOT_CONTENT = structs.replace(CALLED, satisfied=Satisfied.NO, remarks="still slow", again=True)
APPEAL = AppealEvaluation(evaluation="land-1", ground=AppealGround.MALICIOUS, evidence="a rival's telephone")
APPEALED = EvaluationAppealed(
    evaluation="land-1", item="land", ground=AppealGround.MALICIOUS, evidence="a rival's telephone"
)
DECIDE = DecideEvaluationAppeal(evaluation="land-1", upheld=True, reasons="proved")
DECIDED = EvaluationAppealDecided(evaluation="land-1", item="land", upheld=True, reasons="proved")
ALL: tuple[AnyCommand, ...] = (START, RECTIFY, CALL, APPEAL)


def evaluated(*facts: object) -> Spec:
    """The land office was graded badly, and then *facts*."""
    return given(REGISTERED, submitted(), BAD, *facts)  # type: ignore[arg-type]  # facts all


def test_it_goes_from_start_to_call_back() -> None:
    evaluated().when(START, by=LAND).then(STARTED)
    evaluated(STARTED).when(RECTIFY, by=LAND).then(RECTIFIED)
    closed = evaluated(STARTED, RECTIFIED).when(CALL, by=LAND).then(CALLED)

    assert closed.state().evaluations["land-1"].closed


@pytest.mark.parametrize("command", ALL)
def test_it_is_for_the_department_and_only_while_it_is_open(command: AnyCommand) -> None:
    evaluated().when(command, by=FIRE).refused("wrong-department")
    evaluated(RECTIFIED, CALLED).when(command, by=LAND).refused("evaluation-closed")
    given(REGISTERED, submitted()).when(command, by=LAND).refused("unknown-evaluation", "land-1")
    good = structs.replace(BAD, grade=Grade.FAIR, bad=False)
    given(REGISTERED, submitted(), good).when(command, by=LAND).refused("evaluation-good")


def test_the_steps_come_in_order_and_say_something() -> None:
    evaluated(STARTED).when(START, by=LAND).refused("rectification-started")
    evaluated().when(structs.replace(START, handler=" "), by=LAND).refused("handler-missing")
    evaluated().when(structs.replace(RECTIFY, measures=""), by=LAND).refused("reasons-missing")
    evaluated(RECTIFIED).when(RECTIFY, by=LAND).refused("call-back-missing")
    evaluated(STARTED).when(CALL, by=LAND).refused("not-rectified")


def test_a_dissatisfied_complainant_has_it_rectified_once_more() -> None:
    no = structs.replace(CALL, satisfied=Satisfied.NO, remarks="still slow")

    evaluated(RECTIFIED).when(structs.replace(no, remarks=""), by=BUREAU).refused("reasons-missing")
    again = evaluated(RECTIFIED).when(no, by=BUREAU).then(NOT_CONTENT)
    assert not again.state().evaluations["land-1"].closed
    evaluated(RECTIFIED, NOT_CONTENT).when(START, by=LAND).then(STARTED)
    last = (
        evaluated(RECTIFIED, NOT_CONTENT, RECTIFIED).when(no, by=LAND).then(structs.replace(NOT_CONTENT, again=False))
    )
    assert last.state().evaluations["land-1"].closed


def test_an_evaluation_is_appealed_against_once_with_evidence() -> None:
    evaluated().when(APPEAL, by=LAND).then(APPEALED)
    evaluated(APPEALED).when(APPEAL, by=LAND).refused("appeal-settled", "is open")
    evaluated().when(structs.replace(APPEAL, evidence=""), by=LAND).refused("reasons-missing")
    for by in (APPLICANT, BUREAU):
        evaluated().when(APPEAL, by=by).refused("wrong-role")


def test_the_bureau_decides_and_an_upheld_one_no_longer_counts() -> None:
    upheld = evaluated(APPEALED).when(DECIDE, by=BUREAU).then(DECIDED).state().evaluations["land-1"]
    assert (upheld.closed, upheld.appeal) == (True, "upheld")
    no = structs.replace(DECIDED, upheld=False)
    still = evaluated(APPEALED).when(structs.replace(DECIDE, upheld=False), by=BUREAU).then(no)
    assert not still.state().evaluations["land-1"].closed
    evaluated(APPEALED).when(DECIDE, by=LAND).refused("wrong-role")
    evaluated().when(DECIDE, by=BUREAU).refused("no-appeal")
    evaluated(APPEALED).when(structs.replace(DECIDE, reasons=" "), by=BUREAU).refused("reasons-missing")
    evaluated(APPEALED, RECTIFIED, CALLED).when(DECIDE, by=BUREAU).then(DECIDED)


@pytest.mark.parametrize("fact", [STARTED, RECTIFIED, CALLED, APPEALED, DECIDED])
def test_a_fact_about_an_evaluation_that_was_retracted_changes_nothing(fact: RectificationStarted) -> None:
    assert not given(REGISTERED, submitted(), fact).project.evaluations
