"""收件时间 intake hours: who publishes them, from when they are in force, and which of them an application keeps."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from domain.catalogue.hours import IntakeHoursSet, SetIntakeHours
from domain.core.ledger import Actor
from domain.core.plan import PlannedItem
from domain.law.office import IntakeHours, under_hours
from domain.project.application.submission import ItemSubmitted, SubmitItem
from domain.project.state.project import Item, Project
from tests.domain.officer import HEAD, ZONE, ZoneDesk, service
from tests.examples import APPLICANT, FIRE, LAND, LAW, MANAGER
from tests.spec import NOW, PROJECT

SHIFTED = IntakeHours(close_of_business="17:00")
LITERAL = IntakeHours(close_of_business="17:00", intake_shift="none")
PUBLISH = SetIntakeHours(
    catalogue=ZONE, department="land", hours=SHIFTED, valid_from=date(2026, 3, 1), published="门厅"
)
LATER = datetime.fromisoformat("2026-04-01T09:00:00+08:00")


def applied(desk: ZoneDesk, plan: PlannedItem, at: datetime = NOW) -> ItemSubmitted:
    """What an application under the desk's catalogues keeps."""
    project = Project(PROJECT, version=1, law=LAW.id, items={plan.item: Item(plan)})
    (fact,) = desk.say(project, SubmitItem(item=plan.item), APPLICANT, at)
    assert isinstance(fact, ItemSubmitted)
    return fact


@pytest.mark.parametrize("by", [LAND, HEAD])
def test_a_department_or_the_zone_publishes_its_hours(by: Actor) -> None:
    (fact,) = ZoneDesk().say(ZoneDesk().catalogue, PUBLISH, by)

    assert fact == IntakeHoursSet(
        catalogue=ZONE, department="land", hours=SHIFTED, valid_from=date(2026, 3, 1), published="门厅"
    )


def test_no_department_publishes_the_hours_of_others() -> None:
    desk = ZoneDesk()
    for by in (FIRE, MANAGER, APPLICANT):
        refusal = desk.refused("wrong-department", desk.catalogue, PUBLISH, by, part="intake hours of land")
        assert "officer of land" in refusal.remedy


def test_later_hours_are_others_and_come_later() -> None:
    desk = ZoneDesk()
    desk.say(desk.catalogue, PUBLISH, LAND)
    same = SetIntakeHours(catalogue=ZONE, department="land", hours=SHIFTED, valid_from=date(2026, 5, 1))
    desk.refused("hours-unchanged", desk.catalogue, same, LAND)
    back = SetIntakeHours(catalogue=ZONE, department="land", hours=LITERAL, valid_from=date(2026, 3, 10))
    refusal = desk.refused("hours-too-early", desk.catalogue, back, LAND, part="2026-03-10")
    assert (refusal.article, "2026-03-16" in refusal.remedy) == (LAW.article("publication"), True)


def test_an_application_keeps_the_hours_in_force_on_its_day() -> None:
    desk = ZoneDesk()
    desk.publish(service("land-01"))
    listed = PlannedItem(item="a", department="land", catalogue=ZONE, service="land-01")
    by_hand, elsewhere = PlannedItem(item="b", department="land"), PlannedItem(item="c", department="fire")
    other = PlannedItem(item="d", department="land", catalogue="other-zone", service="land-01")
    assert applied(desk, listed).hours is None

    desk.say(desk.catalogue, PUBLISH, LAND)
    changed = SetIntakeHours(catalogue=ZONE, department="land", hours=LITERAL, valid_from=date(2026, 4, 1))
    desk.say(desk.catalogue, changed, LAND)
    assert [applied(desk, plan).hours for plan in (listed, by_hand, elsewhere, other)] == [SHIFTED, SHIFTED, None, None]
    assert applied(desk, listed, LATER).hours == LITERAL
    assert applied(desk, by_hand, datetime.fromisoformat("2026-02-28T23:59:00+08:00")).hours is None


def test_hours_are_the_offices_and_leave_the_rest_of_the_law_alone() -> None:
    ours = under_hours(LAW, SHIFTED)

    assert under_hours(LAW, None) is LAW
    assert {name for name, terms in ours.clocks.items() if terms.start_shift != "none"} == {"intake"}
    assert under_hours(LAW.under("eia_form"), SHIFTED).clocks["decision"].start_shift == "next_working_day"
    assert (f"{ours.close_of_business:%H:%M}", ours.name) == ("17:00", LAW.name)
