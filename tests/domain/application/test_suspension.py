"""中止计时: a clock stops only on the law's grounds, and each suspension ends by its own id."""

from __future__ import annotations

from datetime import date

import pytest

from domain.core.types import Outcome, Stage
from domain.project.application.completion import CompleteItem
from domain.project.application.suspension import ClockResumed, ClockSuspended, ResumeClock, SuspendClock
from tests.examples import FIRE, LAND, LAW, REGISTERED, completed, declined, submitted, under_examination
from tests.spec import given

EXAMINED = (REGISTERED, *under_examination())


def suspended(suspension: str = "s1", ground: str = "hearing") -> ClockSuspended:
    terms = LAW.ground(ground)
    assert terms is not None
    return ClockSuspended(item="land", suspension=suspension, ground=ground, article=terms.article, stops=terms.stops)


def resumed(suspension: str = "s1") -> ClockResumed:
    return ClockResumed(item="land", suspension=suspension)


@pytest.mark.parametrize(
    "ground",
    ["hearing", "bidding", "auction", "inspection", "testing", "quarantine", "appraisal", "expert_review"],
)
def test_each_of_the_eight_grounds_stops_the_decision_clock(ground: str) -> None:
    spec = given(*EXAMINED).when(SuspendClock(item="land", ground=ground), by=LAND).then(suspended(ground=ground))

    assert "45" in suspended(ground=ground).article
    assert "decision" in suspended(ground=ground).stops
    assert spec.state().items["land"].suspensions == {"s1": ground}


def test_the_notice_to_the_applicant_is_stored() -> None:
    command = SuspendClock(
        item="land", ground="hearing", reason="asked by neighbours", notified=True, planned_until=date(2026, 4, 1)
    )
    terms = suspended()

    given(*EXAMINED).when(command, by=LAND).then(
        ClockSuspended(
            item="land",
            suspension="s1",
            ground="hearing",
            article=terms.article,
            stops=terms.stops,
            reason="asked by neighbours",
            notified=True,
            planned_until=date(2026, 4, 1),
        )
    )


def test_another_ground_is_refused_with_the_list_of_grounds() -> None:
    refusal = (
        given(*EXAMINED)
        .when(SuspendClock(item="land", ground="asking_a_superior"), by=LAND)
        .refused("no-statutory-ground", "asking_a_superior")
    )

    assert "45" in refusal.article
    assert "hearing, " in refusal.remedy
    assert "expert_review" in refusal.remedy


def test_several_suspensions_run_side_by_side() -> None:
    command = SuspendClock(item="land", ground="testing")

    given(*EXAMINED, suspended()).when(command, by=LAND).then(suspended("s2", "testing"))


def test_an_id_of_ones_own_is_used_once() -> None:
    own = SuspendClock(item="land", ground="hearing", suspension="s2")

    given(*EXAMINED).when(own, by=LAND).then(suspended("s2"))
    given(*EXAMINED, suspended("s2"), resumed("s2")).when(own, by=LAND).refused("suspension-repeated", "s2")
    given(*EXAMINED, suspended("s2")).when(SuspendClock(item="land", ground="hearing"), by=LAND).then(suspended("s3"))


def test_only_the_department_suspends_and_only_while_it_examines() -> None:
    command = SuspendClock(item="land", ground="hearing")

    given(*EXAMINED).when(command, by=FIRE).refused("wrong-department")
    given(REGISTERED, submitted()).when(command, by=LAND).refused("wrong-stage", "submitted")
    given(*EXAMINED, suspended()).when(ResumeClock(item="land", suspension="s1"), by=FIRE).refused("wrong-department")


def test_what_was_suspended_resumes_once() -> None:
    command = ResumeClock(item="land", suspension="s1")

    given(*EXAMINED, suspended()).when(command, by=LAND).then(resumed())
    given(*EXAMINED, suspended(), resumed()).when(command, by=LAND).refused("not-suspended", "no open suspension s1")
    given(*EXAMINED).when(command, by=LAND).refused("not-suspended")


def test_a_refused_resume_names_what_is_open() -> None:
    refusal = (
        given(*EXAMINED, suspended("s2"))
        .when(ResumeClock(item="land", suspension="s1"), by=LAND)
        .refused("not-suspended")
    )

    assert refusal.remedy == "open suspensions: s2"


def test_a_decision_ends_every_suspension() -> None:
    """B7.8."""
    grant = CompleteItem(item="land", outcome=Outcome.GRANTED)

    item = given(*EXAMINED, suspended()).when(grant, by=LAND).then(completed()).state().items["land"]

    assert (item.stage, item.suspensions) == (Stage.COMPLETED, {})


def test_a_new_application_counts_its_suspensions_from_one() -> None:
    ended = (suspended(), completed(outcome=Outcome.TERMINATED), *under_examination())

    given(*EXAMINED, *ended).when(SuspendClock(item="land", ground="hearing"), by=LAND).then(suspended("s1"))
    given(REGISTERED, submitted(), declined()).when(ResumeClock(item="land", suspension="s1"), by=LAND).refused(
        "not-suspended"
    )


def test_no_suspension_is_to_end_before_it_begins() -> None:
    command = SuspendClock(item="land", ground="hearing", planned_until=date(2026, 3, 15))  # NOW is the 16th
    given(*EXAMINED).when(command, by=LAND).refused("date-passed", "2026-03-15")
