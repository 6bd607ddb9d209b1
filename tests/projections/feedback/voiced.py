"""A small zone in which people complain and evaluate: in time and late, corrected, retracted, passed on."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

from domain.examples.story import STORY
from domain.project.application.correction import AmendEntry, RetractEntry
from domain.project.application.submission import SubmitItem
from domain.project.feedback.complaint import (
    AcceptComplaint,
    AnswerComplaint,
    CloseComplaint,
    ExtendComplaint,
    FileComplaint,
    TransferComplaint,
)
from domain.project.feedback.evaluation import (
    AppealEvaluation,
    AppealGround,
    CallBack,
    DecideEvaluationAppeal,
    EvaluateService,
    Grade,
    RectifyEvaluation,
    StartRectification,
)
from domain.project.state.feedback import Satisfied
from infrastructure.ledger.approvals import Approvals
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER, WATER
from tests.law.questions import at
from tests.projections.zone import REGISTER, TimedCommand, project_id
from tests.watching import Hands

FILE = FileComplaint(complaint="c1", item="land", about="slow", anonymous=True)
ACCEPT, CLOSE = AcceptComplaint(complaint="c1"), CloseComplaint(complaint="c1", satisfied=Satisfied.MOSTLY)
ANSWER = AnswerComplaint(complaint="c1", answer="we hurry", upheld=True)
BAD = EvaluateService(item="land", grade=Grade.DISSATISFIED, comment="slow")
START = StartRectification(evaluation="land-1", handler="zhou")
RECTIFY = RectifyEvaluation(evaluation="land-1", real=True, measures="a second window")
BEGUN: list[TimedCommand] = [("04-01 09:00", MANAGER, REGISTER), ("04-01 10:00", APPLICANT, SubmitItem(item="land"))]


def projects() -> Iterator[tuple[UUID, list[TimedCommand]]]:
    """Every project's commands, with the day and hour at which each was recorded."""
    yield from complained_of()
    yield from evaluated()


def complained_of() -> Iterator[tuple[UUID, list[TimedCommand]]]:
    """Those with complaints."""
    extend = ExtendComplaint(complaint="c1", days=5, reasons="a survey", approver="the head")
    yield (
        project_id("handled"),
        [
            *BEGUN,
            ("04-01 11:00", APPLICANT, FILE),
            ("04-02 09:00", LAND, ACCEPT),
            ("04-20 09:00", LAND, extend),
            ("04-28 09:00", LAND, ANSWER),
            ("04-30 09:00", APPLICANT, CLOSE),
            ("05-06 09:00", APPLICANT, FileComplaint(complaint="c2", about="again")),
        ],
    )
    amend = AmendEntry(version=4, new_occurred_at=at("04-07 09:00"), reasons="it was taken up at the window")
    retract = RetractEntry(version=5, reasons="the answer to another complaint")
    late: list[TimedCommand] = [*BEGUN, ("04-01 12:00", APPLICANT, FILE), ("04-15 09:00", LAND, ACCEPT)]
    yield project_id("corrected"), [*late, ("04-17 09:00", LAND, ANSWER), ("04-20 09:00", LAND, amend)]
    yield project_id("retracted"), [*late, ("04-17 10:00", LAND, ANSWER), ("05-20 09:00", LAND, retract)]
    passed = TransferComplaint(complaint="c1", to="water", reasons="theirs")
    yield (
        project_id("passed"),
        [
            *BEGUN,
            ("04-02 12:00", APPLICANT, FILE),
            ("04-13 09:00", LAND, passed),
            ("04-14 09:00", WATER, ACCEPT),
            ("05-20 09:00", APPLICANT, EvaluateService(item="land", grade=Grade.VERY_SATISFIED)),
        ],
    )


def evaluated() -> Iterator[tuple[UUID, list[TimedCommand]]]:
    """Those with bad evaluations."""
    no = CallBack(evaluation="land-1", satisfied=Satisfied.NO, remarks="the queue is as long")
    yes = CallBack(evaluation="land-1", satisfied=Satisfied.YES)
    yield (
        project_id("rectified"),
        [
            *BEGUN,
            ("04-03 09:00", APPLICANT, BAD),
            ("04-07 09:00", LAND, START),
            ("04-29 09:00", LAND, RECTIFY),
            ("04-30 09:00", LAND, no),
            ("05-06 09:00", LAND, RECTIFY),
            ("05-08 09:00", LAND, yes),
        ],
    )
    appeal = AppealEvaluation(evaluation="land-1", ground=AppealGround.MISTAKEN, evidence="a letter")
    decide = DecideEvaluationAppeal(evaluation="land-1", upheld=True, reasons="by mistake")
    yield (
        project_id("mistaken"),
        [*BEGUN, ("04-03 10:00", APPLICANT, BAD), ("04-08 09:00", LAND, appeal), ("04-20 09:00", BUREAU, decide)],
    )
    yield project_id("unseen"), [*BEGUN, ("04-03 11:00", APPLICANT, BAD)]


async def record_feedback(approvals: Approvals, hands: Hands) -> None:
    """Everything above, and the example story, each recorded at its time."""
    for project, commands in projects():
        for number, (day, by, command) in enumerate(commands):
            hands.now = at(day)
            await approvals.handle(project, command, by, uuid5(project, str(number)))
    for number, step in enumerate(STORY):
        hands.now = step.at
        await approvals.handle(project_id("story"), step.dated, step.by, uuid5(project_id("story"), str(number)))
