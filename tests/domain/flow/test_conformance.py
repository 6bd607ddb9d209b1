"""Conformance: each way to leave a flow is seen, and the chain of a project's time has no gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.core.graph import Groups
from domain.project.flow.conformance import Courses, Deviation, StepCourse, chain_of, free_at, judged

START = datetime(2026, 3, 2, tzinfo=UTC)


def day(number: int | None) -> datetime | None:
    return None if number is None else START + timedelta(days=number)


def step(
    item: str, needs: Groups = (), begun: int | None = None, granted: int | None = None, **more: bool
) -> StepCourse:
    return StepCourse(
        item,
        needs,
        planned_at=START,
        begun_at=day(begun),
        granted_at=day(granted),
        applications=0 if begun is None else 1,
        **more,
    )


def courses(*steps: StepCourse) -> Courses:
    return {each.item: each for each in steps}


def deviations(of: Courses) -> dict[str, tuple[Deviation, ...]]:
    return {each.course.item: each.deviations for each in judged(of) if each.deviations}


LAND = step("land", begun=0, granted=5)


def test_a_project_that_keeps_to_its_flow_has_no_deviation() -> None:
    assert deviations(courses(LAND, step("plan", (("land",),), 5, 9), step("permit", (("plan",),)))) == {}


@pytest.mark.parametrize(
    ("other", "deviation"),
    [
        (step("plan", (("land",),), 4, 9), Deviation.EARLY),
        (step("plan", begun=2, granted=9, is_step=False), Deviation.ADDED),
        (step("plan", is_dropped=True), Deviation.DROPPED),
        (step("plan", begun=2, is_over=True), Deviation.ENDED),
    ],
)
def test_each_way_to_leave_the_flow_is_seen(other: StepCourse, deviation: Deviation) -> None:
    assert deviations(courses(LAND, other)) == {"plan": (deviation,)}


def test_a_step_that_others_did_without_was_skipped() -> None:
    late = step("permit", (("plan",),), 6, 9)
    assert deviations(courses(LAND, step("plan"), late)) == {
        "plan": (Deviation.SKIPPED,),
        "permit": (Deviation.EARLY,),
    }
    either = step("permit", (("plan", "land"),), 6, 9)  # one of them is enough
    assert deviations(courses(LAND, step("plan"), either)) == {}


def test_the_chain_leads_from_the_last_grant_to_what_waited_for_nothing() -> None:
    fast = step("energy", begun=0, granted=2)
    plan = step("plan", (("land",), ("energy",)), 7, 9)
    of = courses(LAND, fast, plan, step("signs", begun=0, granted=3))
    assert chain_of(of) == ["plan", "land"]
    assert [each.course.item for each in judged(of) if each.on_chain] == ["land", "plan"]
    assert free_at(plan, of) == day(5)
    assert free_at(step("x", (("y",),)), of) is None


@st.composite
def histories(draw: st.DrawFn) -> Courses:
    """Projects whose steps need some of those before them, and are begun and granted whenever."""
    steps: list[StepCourse] = []
    for number in range(draw(st.integers(1, 6))):
        before = [each.item for each in steps]
        groups = st.lists(st.sampled_from(before), min_size=1, max_size=2, unique=True).map(tuple)
        needs = tuple(draw(st.lists(groups, max_size=2))) if before else ()
        begun = draw(st.none() | st.integers(0, 20))
        granted = None if begun is None else draw(st.none() | st.integers(begun, 30))
        steps.append(step(f"s{number}", needs, begun, granted))
    return courses(*steps)


@settings(max_examples=60)
@given(histories())
def test_the_chain_has_no_gap_and_ends_with_the_latest_grant(of: Courses) -> None:
    chain = [of[item] for item in chain_of(of)]
    granted = [each.granted_at for each in of.values() if each.granted_at is not None]
    assert (chain[0].granted_at if chain else None) == max(granted, default=None)
    for later, earlier in pairwise(chain):
        freed = [each.granted_at for group in later.needs for code in group if (each := of[code]).granted_at]
        assert earlier.granted_at in freed
        if (free := free_at(later, of)) is not None:
            assert free == earlier.granted_at
    if chain and all(free_at(each, of) is not None for each in chain):
        spans = [(each.granted_at or START) - (free_at(each, of) or START) for each in chain]
        assert sum(spans, timedelta()) == (chain[0].granted_at or START) - (free_at(chain[-1], of) or START)


@settings(max_examples=60)
@given(histories())
def test_an_early_step_is_one_begun_before_a_naive_count_of_its_needs(of: Courses) -> None:
    def met(need: tuple[str, ...], at: datetime) -> bool:
        return any((granted := of[code].granted_at) is not None and granted <= at for code in need)

    for each in judged(of):
        begun = each.course.begun_at
        naive = begun is not None and not all(met(need, begun) for need in each.course.needs)
        assert (Deviation.EARLY in each.deviations) == naive
