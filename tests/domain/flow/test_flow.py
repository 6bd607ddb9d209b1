"""A flow is checked before it is published, plans projects, and lets them move only where nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from domain.core.context import Context
from domain.core.plan import Phase
from domain.core.types import Outcome
from domain.flow.publication import PublishFlow
from domain.flow.step import FlowStep
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.registration import Enterprise, ItemPlanned, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.flow.adoption import FlowMoved, ItemDropped, ItemReplanned, MoveFlow, StartFlow, moved
from domain.project.flow.standing import StepState, standing
from domain.project.state.project import Project
from tests.domain.officer import FLOW, ZONE, ZoneDesk, service
from tests.examples import APPLICANT, LAND, LAW, MANAGER
from tests.spec import NOW, PROJECT

PHASES = (Phase(code="p1", name="立项"), Phase(code="p2", name="施工", limit_days=20))


def step(code: str, *requires: str, phase: str = "p1", **fields: Any) -> FlowStep:
    return FlowStep(step=code, item="land-01", phase=phase, requires=requires, **fields)


def flow(*steps: FlowStep, kinds: tuple[str, ...] = ("factory",), **fields: Any) -> PublishFlow:
    return PublishFlow(flow=FLOW, catalogue=ZONE, kinds=kinds, phases=PHASES, steps=steps, **fields)


@pytest.fixture
def desk() -> ZoneDesk:
    made = ZoneDesk()
    made.publish(service("land-01", anticipate_day=20, promise_day=8))
    return made


@pytest.mark.parametrize(
    ("command", "code", "part"),
    [
        (flow(structs.replace(step("a"), item="none")), "unknown-service-item", "a names none"),
        (flow(step("a", phase="p9")), "unknown-phase", "p9"),
        (flow(step("a"), step("a")), "step-repeated", "step a"),
        (flow(step("a", "ghost")), "precondition-unknown", "ghost"),
        (flow(step("a", kinds=("castle",))), "step-unreachable", "castle"),
        (flow(step("a", "b"), step("b", "c"), step("c", "a")), "precondition-circle", "a requires b requires c"),
        (flow(step("a", "a")), "precondition-circle", "a requires a"),
        (flow(step("a", "b"), step("b", phase="p2")), "phase-order", "of a later phase"),
        (
            flow(step("a", kinds=("lab",)), step("b", "a", kinds=("factory",)), kinds=("factory", "lab")),
            "step-unreachable",
            "b requires a",
        ),
    ],
)
def test_a_flow_that_can_t_work_is_refused(desk: ZoneDesk, command: PublishFlow, code: str, part: str) -> None:
    desk.refused(code, desk.flow, command, part=part)


def test_a_circle_is_spelled_out_with_what_waits_behind_it(desk: ZoneDesk) -> None:
    circular = flow(step("a"), step("b", "d"), step("c", "b"), step("d", "c"), step("e", "d"))
    refusal = desk.refused("precondition-circle", desk.flow, circular)
    assert refusal.details["circle"] == ["b", "d", "c", "b"]
    assert refusal.details["unreachable"] == ["e"]
    assert "e can't be reached" in refusal.sentence


def test_an_alternative_is_a_way_out_of_a_circle(desk: ZoneDesk) -> None:
    desk.publish_flow(flow(step("a"), step("b", requires_any=(("c", "a"),)), step("c", "b")))
    assert [edition.number for edition in desk.flow.editions] == [1]


def test_a_circle_of_one_kind_of_project_is_found(desk: ZoneDesk) -> None:
    """For factories a is no way out, since only laboratories need it."""
    steps = (step("a", kinds=("lab",)), step("b", requires_any=(("c", "a"),)), step("c", "b"))
    refusal = desk.refused("precondition-circle", desk.flow, flow(*steps, kinds=("factory", "lab")))
    assert refusal.details["kind"] == "factory"


def test_the_same_edition_is_not_published_twice(desk: ZoneDesk) -> None:
    desk.publish_flow(flow(step("a")))
    desk.refused("nothing-to-publish", desk.flow, flow(step("a")))
    desk.refused("wrong-role", desk.flow, flow(step("b")), by=LAND)


def running(desk: ZoneDesk, *steps: FlowStep, kind: str = "factory", kinds: tuple[str, ...] = ("factory",)) -> Project:
    """A project planned by a flow of these steps."""
    desk.publish_flow(flow(*steps, kinds=kinds))
    project = Project(PROJECT)
    registration = RegisterProject(name="厂房", enterprise=Enterprise("恒信"), manager="wang.min")
    desk.say(project, registration, by=MANAGER)
    desk.say(project, StartFlow(flow=FLOW, kind=kind), by=MANAGER)
    return project


def grant(desk: ZoneDesk, project: Project, code: str) -> None:
    desk.say(project, SubmitItem(item=code), by=APPLICANT)
    desk.say(project, AcceptItem(item=code), by=LAND)
    desk.say(project, CompleteItem(item=code, outcome=Outcome.GRANTED), by=LAND)


def test_a_project_gets_the_steps_of_its_kind_with_the_preconditions_that_apply_to_it(desk: ZoneDesk) -> None:
    steps = (step("a"), step("b", "a", kinds=("lab",)), step("c", "b", "a", phase="p2", milestone=True))
    project = running(desk, *steps, kinds=("factory", "lab"))
    assert list(project.items) == ["a", "c"]
    assert project.items["c"].plan.requires == ("a",)
    assert project.items["c"].plan.milestone
    assert project.items["a"].plan.promise_days == 8
    assert [step.state for step in standing(project)] == [StepState.STARTABLE, StepState.BLOCKED]
    grant(desk, project, "a")
    assert [step.state for step in standing(project)] == [StepState.DONE, StepState.STARTABLE]


def test_a_running_project_keeps_its_edition_until_it_is_moved(desk: ZoneDesk) -> None:
    project = running(desk, step("a"), step("b", "a"))
    grant(desk, project, "a")
    desk.publish_flow(flow(step("a"), step("n"), step("b", "a", "n")))
    assert list(project.items) == ["a", "b"]
    _, _, preview = moved(project, 0, "", Context(MANAGER, NOW, NOW, LAW, desk.shelf))
    assert ([plan.item for plan in preview.added], [plan.item for plan in preview.changed]) == (["n"], ["b"])
    facts = desk.say(project, MoveFlow(), by=MANAGER)
    assert [type(fact) for fact in facts] == [ItemReplanned, ItemPlanned, FlowMoved]
    assert project.flow is not None
    assert (project.flow.edition, project.unmet("b")) == (2, ["n"])
    desk.refused("flow-unmoved", project, MoveFlow(), by=MANAGER)


def test_what_was_not_begun_may_go_and_what_was_begun_may_not(desk: ZoneDesk) -> None:
    project = running(desk, step("a"), step("b"), step("c"))
    grant(desk, project, "a")
    desk.publish_flow(flow(step("a"), step("c")))
    desk.publish_flow(flow(step("b"), step("c")))
    refusal = desk.refused("flow-move-loses", project, MoveFlow(edition=3), by=MANAGER)
    assert refusal.details["items"] == ["a"]
    facts = desk.say(project, MoveFlow(edition=2), by=MANAGER)
    assert facts[0] == ItemDropped(item="b")
    assert list(project.items) == ["a", "c"]
    desk.refused("unknown-edition", project, MoveFlow(edition=9), by=MANAGER)


def test_moving_needs_a_flow_and_a_kind_that_it_knows(desk: ZoneDesk) -> None:
    project = running(desk, step("a"))
    desk.refused("unknown-kind", project, MoveFlow(kind="castle"), by=MANAGER)
    desk.refused("flow-adopted", project, StartFlow(flow=FLOW, kind="factory"), by=MANAGER)
    other = Project(PROJECT)
    registration = RegisterProject(name="厂房", enterprise=Enterprise("恒信"), manager="wang.min")
    desk.say(other, registration, by=MANAGER)
    desk.refused("no-flow", other, MoveFlow(), by=MANAGER)
    desk.refused("unknown-flow", other, StartFlow(flow="ghost", kind="factory"), by=MANAGER)


def test_what_a_catalogue_lists_under_another_law_is_not_planned(desk: ZoneDesk) -> None:
    desk.publish(service("land-01", law="nl-awb"), valid_from="2026-03-16")
    desk.publish_flow(flow(step("a")))
    project = Project(PROJECT)
    desk.say(project, RegisterProject(name="厂房", enterprise=Enterprise("恒信"), manager="wang.min"), by=MANAGER)

    start = StartFlow(flow=FLOW, kind="factory")
    refusal = desk.refused("other-law", project, start, by=MANAGER, part="land-01")

    assert refusal.details["items"] == ["land-01"]


def test_the_region_of_a_listed_item_is_that_of_the_planned_one(desk: ZoneDesk) -> None:
    desk.publish(service("land-01", calendar="CN"), valid_from="2026-03-16")
    assert running(desk, step("a")).items["a"].plan.calendar == "CN"
