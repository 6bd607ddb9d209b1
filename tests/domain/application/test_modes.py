"""Joint items ask their participants, tolerated papers have a clock, and an undertaking is checked afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.catalogue.item import RequiredMaterial
from domain.core.ledger import Actor, Fact, Refused
from domain.core.plan import PlannedItem
from domain.core.types import JointForm, Mode, Outcome, Stage
from domain.law.licensing.clock import Level, State
from domain.messages import AnyCommand, Entry
from domain.project.application.acceptance import AcceptItem, ItemAccepted
from domain.project.application.completion import CompleteItem, ItemCompleted
from domain.project.application.registration import Enterprise, PlanItem, RegisterProject
from domain.project.application.submission import ItemSubmitted, SubmitItem
from domain.project.application.supplement import RequestSupplement, SubmitSupplement
from domain.project.application.suspension import SuspendClock
from domain.project.application.undertaking import CheckUndertaking, DecisionRevoked, RevokeDecision, UndertakingChecked
from domain.project.countersignature.request import Countersign
from domain.project.countersignature.rules import JOINT_STEP, CountersignatureAsked
from domain.project.state.consultation import Opinion
from domain.project.state.project import Project
from infrastructure.law.lawbook import law_book
from projections.clocks.law_events import item_histories
from projections.clocks.reading import Reading, read
from tests.domain.officer import ZONE, ZoneDesk, service
from tests.examples import APPLICANT, LAND, MANAGER
from tests.spec import PROJECT, entry

FIRE, WATER = Actor("zhao", "fire"), Actor("he", "water")
LAWS = law_book()


def day(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}:00+08:00")


class Course:
    """One project day by day, with its clocks."""

    def __init__(self, *plans: PlannedItem) -> None:
        self.desk, self.project, self.entries = ZoneDesk(), Project(PROJECT), list[Entry]()
        registration = RegisterProject(
            name="厂房", enterprise=Enterprise("恒信"), manager="wang.min", items=tuple(plans)
        )
        self.send("03-02T09:00", MANAGER, registration)

    def send(self, at: str, by: Actor, command: AnyCommand) -> tuple[Fact, ...]:
        facts = self.desk.say(self.project, command, by=by, at=day(at))
        for fact in facts:
            stored: Any = fact
            self.entries.append(entry(len(self.entries) + 1, stored, by, day(at)))
        return facts

    def refused(self, code: str, at: str, by: Actor, command: AnyCommand) -> Refused:
        return self.desk.refused(code, self.project, command, by=by, at=day(at))

    def clock(self, name: str, at: str, item: str = "permit") -> Reading | None:
        history = item_histories(self.entries)[item, self.project.items[item].application]
        reading = read(history, LAWS, day(at), day(at))
        assert reading is not None
        return next((clock for clock in reading.clocks if clock.clock == name), None)


def joint(**fields: Any) -> PlannedItem:
    members: dict[str, Any] = {"mode": Mode.JOINT, "participants": ("fire", "water"), "joint_form": JointForm.UNIFIED}
    return PlannedItem(item="permit", department="land", **(members | fields))


def test_acceptance_of_a_joint_item_consults_every_participant_with_a_clock_of_its_own() -> None:
    course = Course(joint())
    course.send("03-02T10:00", APPLICANT, SubmitItem(item="permit"))
    accepted, *questions = course.send("03-03T10:00", LAND, AcceptItem(item="permit"))
    assert isinstance(accepted, ItemAccepted)
    assert (accepted.mode, accepted.limit) == (Mode.JOINT, 45)
    assert [
        (question.department, question.step, question.limit)
        for question in questions
        if isinstance(question, CountersignatureAsked)
    ] == [
        ("fire", JOINT_STEP, 7),
        ("water", JOINT_STEP, 7),
    ]
    whole, fire = course.clock("decision", "03-04T09:00"), course.clock("countersign:fire/joint", "03-04T09:00")
    assert whole is not None
    assert fire is not None
    assert (whole.length, fire.length, fire.department) == (45, 7, "fire")


def test_a_joint_item_is_granted_once_all_participants_agree_and_delivered_once_by_the_lead() -> None:
    course = Course(joint())
    course.send("03-02T10:00", APPLICANT, SubmitItem(item="permit"))
    course.send("03-03T10:00", LAND, AcceptItem(item="permit"))
    grant = CompleteItem(item="permit", outcome=Outcome.GRANTED)
    course.send("03-05T10:00", FIRE, Countersign(item="permit", step=JOINT_STEP, opinion=Opinion.AGREED))
    course.refused("countersignature-open", "03-06T10:00", LAND, grant)
    course.send("03-06T10:00", WATER, Countersign(item="permit", step=JOINT_STEP, opinion=Opinion.AGREED))
    course.refused("wrong-department", "03-06T11:00", FIRE, grant)
    assert course.send("03-09T10:00", LAND, grant)


@pytest.mark.parametrize(
    "plan",
    [
        joint(mode=Mode.SINGLE, joint_form=None),
        joint(mode=Mode.SINGLE, participants=()),
        joint(participants=("land",)),
    ],
)
def test_participants_belong_to_joint_items_and_are_not_the_lead(plan: PlannedItem) -> None:
    course = Course()
    course.refused("participants-contradict", "03-02T10:00", MANAGER, PlanItem(item=plan))


def lacking(course: Course, **fields: Any) -> ItemAccepted:
    course.send("03-02T10:00", APPLICANT, SubmitItem(item="permit"))
    (accepted,) = course.send("03-03T10:00", LAND, AcceptItem(item="permit", lacking=("map",), **fields))
    assert isinstance(accepted, ItemAccepted)
    return accepted


def single(**fields: Any) -> PlannedItem:
    return PlannedItem(item="permit", department="land", **fields)


def test_tolerated_papers_come_within_the_promise_and_nothing_is_granted_without_them() -> None:
    course = Course(single(promise_days=8))
    assert lacking(course).cure_days == 8
    running = course.clock("tolerance_cure", "03-04T09:00")
    assert running is not None
    assert (running.state, running.length, str(running.due_on), running.level) == (
        State.RUNNING,
        8,
        "2026-03-13",
        Level.NONE,
    )
    course.refused("papers-outstanding", "03-09T10:00", LAND, CompleteItem(item="permit", outcome=Outcome.GRANTED))
    course.send("03-09T11:00", APPLICANT, SubmitSupplement(item="permit"))
    met = course.clock("tolerance_cure", "03-20T09:00")
    assert met is not None
    assert met.state is State.MET
    assert course.send("03-09T12:00", LAND, CompleteItem(item="permit", outcome=Outcome.GRANTED))


def test_papers_that_do_not_come_leave_the_clock_overdue_and_the_decision_clock_alone() -> None:
    course = Course(single())
    assert lacking(course, cure_days=5).cure_days == 5
    late, decision = course.clock("tolerance_cure", "03-12T09:00"), course.clock("decision", "03-12T09:00")
    assert late is not None
    assert decision is not None
    assert (late.state, decision.state) == (State.OVERDUE, State.RUNNING)
    terminated = CompleteItem(item="permit", outcome=Outcome.TERMINATED, reasons="逾期未补齐")
    course.send("03-12T10:00", LAND, terminated)
    void = course.clock("tolerance_cure", "03-13T09:00")
    assert void is not None
    assert void.state is State.VOID


def test_days_for_missing_papers_are_lawful() -> None:
    course = Course(single(promise_days=8))
    course.send("03-02T10:00", APPLICANT, SubmitItem(item="permit"))
    too_long = AcceptItem(item="permit", lacking=("map",), cure_days=9)
    course.refused("cure-exceeds-promise", "03-03T10:00", LAND, too_long)
    course.refused("nothing-lacking", "03-03T10:00", LAND, AcceptItem(item="permit", cure_days=3))


def test_days_for_missing_papers_are_working_days_also_where_the_statute_has_calendar_days() -> None:
    """The sixty calendar days of the report hold at most 44."""
    course = Course(single(special="eia_report"))
    course.send("03-02T10:00", APPLICANT, SubmitItem(item="permit"))
    too_long = AcceptItem(item="permit", lacking=("map",), cure_days=45)
    refusal = course.refused("cure-exceeds-promise", "03-03T10:00", LAND, too_long)
    assert refusal.sentence.endswith(
        "45 working days after acceptance: its decision's time holds at most 44 working days"
    )
    assert refusal.remedy == "set cure_days to 44 working days or fewer"
    (accepted,) = course.send("03-03T10:00", LAND, AcceptItem(item="permit", lacking=("map",)))
    assert isinstance(accepted, ItemAccepted)
    assert (accepted.limit, accepted.unit, accepted.cure_days) == (60, "calendar_day", 44)


def test_what_the_catalogue_does_not_tolerate_missing_is_asked_for_first() -> None:
    course = Course(single(catalogue=ZONE, service="land-01"))
    papers = (RequiredMaterial(material_name="map"), RequiredMaterial(material_name="receipt", tolerable=True))
    course.desk.publish(service("land-01", materials=papers))
    course.send("03-02T10:00", APPLICANT, SubmitItem(item="permit"))
    course.refused("paper-not-tolerable", "03-03T10:00", LAND, AcceptItem(item="permit", lacking=("map",)))
    course.send("03-03T10:00", LAND, RequestSupplement(item="permit", missing=("map", "receipt")))
    course.refused("paper-not-tolerable", "03-03T11:00", LAND, AcceptItem(item="permit"))  # asked for, and not there
    course.send("03-04T10:00", APPLICANT, SubmitSupplement(item="permit", provided=("map",)))
    assert course.send("03-04T11:00", LAND, AcceptItem(item="permit"))


def test_the_edition_applied_for_under_stays_with_the_case() -> None:
    """Also where a stricter one, or one without the item, is in force by the time it is accepted and examined."""
    course, receipt = (
        Course(single(catalogue=ZONE, service="land-01")),
        RequiredMaterial(material_name="receipt", tolerable=True),
    )
    course.desk.publish(service("land-01", materials=(receipt,), special_procedure=("expert_review",)))
    course.send("03-12T10:00", APPLICANT, SubmitItem(item="permit"))
    stricter = service(
        "land-01", materials=(RequiredMaterial(material_name="receipt"),), special_procedure=("testing", "inspection")
    )
    course.desk.publish(stricter, valid_from="2026-03-16")
    assert course.send("03-17T10:00", LAND, AcceptItem(item="permit", lacking=("receipt",)))
    course.refused("ground-not-listed", "03-17T11:00", LAND, SuspendClock(item="permit", ground="testing"))
    assert course.send("03-17T11:00", LAND, SuspendClock(item="permit", ground="expert_review"))


def test_a_clock_stops_only_for_the_special_procedures_listed_and_for_a_hearing() -> None:
    course = Course(single(catalogue=ZONE, service="land-01"), PlannedItem(item="by-hand", department="land"))
    course.desk.publish(service("land-01", special_procedure=("expert_review",)))
    for item in ("permit", "by-hand"):
        course.send("03-02T10:00", APPLICANT, SubmitItem(item=item))
        course.send("03-03T10:00", LAND, AcceptItem(item=item))
    course.refused("ground-not-listed", "03-04T10:00", LAND, SuspendClock(item="permit", ground="quarantine"))
    assert course.send("03-04T10:00", LAND, SuspendClock(item="permit", ground="hearing"))
    assert course.send("03-04T10:00", LAND, SuspendClock(item="by-hand", ground="quarantine"))


def granted_on_undertaking() -> Course:
    course = Course(single(by_undertaking=True), PlannedItem(item="next", department="land", requires=("permit",)))
    submitted = course.send("03-02T10:00", APPLICANT, SubmitItem(item="permit", undertaking=True))
    assert isinstance(submitted[0], ItemSubmitted)
    assert submitted[0].undertaking
    course.send("03-02T10:30", LAND, AcceptItem(item="permit"))
    (completed,) = course.send("03-02T11:00", LAND, CompleteItem(item="permit", outcome=Outcome.GRANTED))
    assert isinstance(completed, ItemCompleted)
    assert completed.on_undertaking
    return course


def test_the_check_of_an_undertaking_is_due_two_months_after_the_grant() -> None:
    """The second of May is a day of the Labour Day holiday in 2026, so the last day is the next working day."""
    course = granted_on_undertaking()
    running = course.clock("post_check", "04-01T09:00")
    assert running is not None
    assert (running.state, str(running.start_on), str(running.due_on)) == (State.RUNNING, "2026-03-02", "2026-05-06")
    course.send("04-20T10:00", LAND, CheckUndertaking(item="permit", kept=True, findings="符合承诺"))
    met = course.clock("post_check", "06-01T09:00")
    assert met is not None
    assert met.state is State.MET
    again = CheckUndertaking(item="permit", kept=False, findings="不符")
    course.refused("undertaking-checked", "04-21T10:00", LAND, again)
    course.refused("undertaking-not-broken", "04-21T10:00", LAND, RevokeDecision(item="permit", reasons="不符"))


def test_a_broken_undertaking_is_reason_to_revoke_and_what_waited_for_the_item_waits_again() -> None:
    course = granted_on_undertaking()
    assert course.project.unmet("next") == []
    course.refused("reasons-missing", "04-20T10:00", LAND, CheckUndertaking(item="permit", kept=False, findings=" "))
    (checked,) = course.send("04-20T10:00", LAND, CheckUndertaking(item="permit", kept=False, findings="尺寸不符"))
    assert checked == UndertakingChecked(item="permit", kept=False, findings="尺寸不符")
    (revoked,) = course.send("04-22T10:00", LAND, RevokeDecision(item="permit", reasons="逾期未整改"))
    assert revoked == DecisionRevoked(item="permit", reasons="逾期未整改", article="行政许可法 69")
    assert course.project.unmet("next") == ["permit"]
    course.refused("no-undertaking", "04-23T10:00", LAND, RevokeDecision(item="permit", reasons="再次"))
    course.send("05-06T10:00", APPLICANT, SubmitItem(item="permit"))
    item = course.project.items["permit"]
    assert (item.stage, item.undertaking, item.undertaking_kept) == (Stage.SUBMITTED, False, None)


def test_an_undertaking_is_taken_where_the_item_is_offered_so() -> None:
    course = Course(single())
    course.refused("undertaking-not-offered", "03-02T10:00", APPLICANT, SubmitItem(item="permit", undertaking=True))
    course.send("03-02T10:00", APPLICANT, SubmitItem(item="permit"))
    course.send("03-02T11:00", LAND, AcceptItem(item="permit"))
    course.send("03-03T11:00", LAND, CompleteItem(item="permit", outcome=Outcome.GRANTED))
    course.refused("no-undertaking", "03-04T10:00", LAND, CheckUndertaking(item="permit", kept=True, findings=""))


def test_no_first_decision_is_a_revocation() -> None:
    course = Course(single())
    course.send("03-02T10:00", APPLICANT, SubmitItem(item="permit"))
    course.send("03-02T11:00", LAND, AcceptItem(item="permit"))
    revoked = CompleteItem(item="permit", outcome=Outcome.REVOKED, reasons="撤销")
    course.refused("not-decided", "03-03T11:00", LAND, revoked)
