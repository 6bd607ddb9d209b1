"""Laws that must hold for all flows: no published flow ever deadlocks a project that could go on."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.core.graph import circle, reached
from domain.core.ledger import Refused
from domain.core.plan import Phase
from domain.core.types import Outcome
from domain.flow.publication import PublishFlow
from domain.flow.step import FlowStep
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.flow.adoption import StartFlow
from domain.project.flow.standing import StepState, standing
from domain.project.state.project import Project
from tests.domain.officer import FLOW, ZONE, ZoneDesk, service
from tests.effort import tried
from tests.examples import APPLICANT, LAND, MANAGER
from tests.spec import NOW, PROJECT

CODES = [f"s{number}" for number in range(8)]
KINDS = ("factory", "lab")
WHY_NOT = {"precondition-circle", "step-unreachable"}  # what may be wrong with the flows made here


@st.composite
def flows(draw: st.DrawFn) -> PublishFlow:
    """Any flow of up to eight steps in one phase, for two kinds of projects; sound or not."""
    codes = draw(st.lists(st.sampled_from(CODES), min_size=1, unique=True))
    some = st.lists(st.sampled_from(codes), max_size=2, unique=True).map(tuple)
    groups = st.lists(st.lists(st.sampled_from(codes), min_size=2, max_size=3).map(tuple), max_size=1).map(tuple)
    steps = tuple(
        FlowStep(
            step=code,
            item="land-01",
            phase="p1",
            requires=draw(some),
            requires_any=draw(groups),
            kinds=draw(st.sampled_from([(), (), ("factory",), ("lab",)])),
        )
        for code in codes
    )
    return PublishFlow(flow=FLOW, catalogue=ZONE, kinds=KINDS, phases=(Phase(code="p1"),), steps=steps)


def desk_with(command: PublishFlow) -> ZoneDesk:
    desk = ZoneDesk()
    desk.publish(service("land-01"))
    desk.publish_flow(command)
    return desk


def sound(command: PublishFlow) -> bool:
    """Whether the flow is published; it is refused only for the faults that are drawn here."""
    try:
        desk_with(command)
    except Refused as refused:
        if refused.code not in WHY_NOT:
            raise
        return False
    return True


def project_of(desk: ZoneDesk, kind: str) -> Project:
    project = Project(PROJECT)
    registration = RegisterProject(name="厂房", enterprise=Enterprise("恒信"), manager="wang.min")
    desk.say(project, registration, by=MANAGER)
    desk.say(project, StartFlow(flow=FLOW, kind=kind), by=MANAGER)
    return project


def work_off(desk: ZoneDesk, project: Project, chance: Random, at: datetime = NOW) -> None:
    """Grant what can be begun, in whatever order, until nothing can; now and then one is refused, and begun again."""
    while ready := [step.item for step in standing(project) if step.state is StepState.STARTABLE]:
        code = chance.choice(ready)
        outcome = Outcome.REFUSED if chance.random() < 0.2 else Outcome.GRANTED
        desk.say(project, SubmitItem(item=code), by=APPLICANT, at=at)
        desk.say(project, AcceptItem(item=code), by=LAND, at=at)
        desk.say(project, CompleteItem(item=code, outcome=outcome, reasons="不符合条件"), by=LAND, at=at)


@settings(max_examples=tried(60))
@given(flows(), st.integers(0, 1_000_000))
def test_a_published_flow_never_deadlocks_a_project(command: PublishFlow, seed: int) -> None:
    if not sound(command):
        return
    desk = desk_with(command)
    for kind in KINDS:
        needed = {step.step for step in command.steps if step.is_for(kind)}
        if not needed:
            continue
        project = project_of(desk, kind)
        work_off(desk, project, Random(seed))
        assert project.granted == needed


@settings(max_examples=tried(60))
@given(st.dictionaries(st.sampled_from(CODES), st.lists(st.sampled_from(CODES), max_size=3), max_size=8))
def test_a_circle_is_spelled_exactly_where_something_is_stuck_in_one(needs: dict[str, list[str]]) -> None:
    groups = {code: tuple((other,) for other in others if other in needs) for code, others in needs.items()}
    stuck, path = groups.keys() - reached(groups), circle(groups)
    assert bool(stuck) is bool(path)
    for first, other in pairwise(path):
        assert (other,) in groups[first]
    assert not path or path[0] == path[-1]
