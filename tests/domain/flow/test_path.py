"""The critical path: against every order counted out, and what must hold however the items wait for each other."""

from __future__ import annotations

from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.core.graph import Groups
from domain.project.flow.path import Days, PathTask, delayed, finish_of, finishes, medians, optional, path, slack
from tests.effort import tried

CODES = ["a", "b", "c", "d", "e"]
Tasks = dict[str, PathTask]


def days(median: int) -> Days:
    return Days(median, median, median)


@st.composite
def projects(draw: st.DrawFn) -> Tasks:
    """Up to five items that wait for some or for one of several others, also in circles, also for nothing known."""
    codes = CODES[: draw(st.integers(1, 5))]
    names = st.sampled_from([*codes, "gone"] if draw(st.booleans()) else codes)
    needs: dict[str, Groups] = {
        code: draw(st.lists(st.lists(names, min_size=1, max_size=3, unique=True).map(tuple), max_size=2).map(tuple))
        for code in codes
    }
    beside = optional(needs) if draw(st.booleans()) else set()
    three = st.lists(st.integers(0, 9), min_size=3, max_size=3).map(lambda days: Days(*sorted(days)))
    return {code: PathTask(groups, draw(three), code in beside) for code, groups in needs.items()}


def counted_out(tasks: Tasks, duration: dict[str, int]) -> dict[str, int]:
    """The earliest finishes, by trying every choice of an alternative in every group there is."""
    places = [(code, nth) for code, task in tasks.items() for nth in range(len(task.needs))]
    best: dict[str, int] = {}
    for choice in product(*(tasks[code].needs[nth] for code, nth in places)):
        chosen: dict[str, list[str]] = {code: [] for code in tasks}
        for (code, _), other in zip(places, choice, strict=True):
            chosen[code].append(other)
        for code in tasks:
            at = longest(chosen, duration, code, ())
            if at is not None:
                best[code] = min(at, best.get(code, at))
    return best


def longest(chosen: dict[str, list[str]], duration: dict[str, int], code: str, way: tuple[str, ...]) -> int | None:
    """When *code* is over if everything chosen has to be; None where that leads round in a circle, or nowhere."""
    if code in way or code not in chosen:
        return None
    before = [longest(chosen, duration, other, (*way, code)) for other in chosen[code]]
    known = [at for at in before if at is not None]
    return max(known, default=0) + duration[code] if len(known) == len(before) else None


@settings(max_examples=tried(80))
@given(projects())
def test_finishes_are_those_of_every_choice_counted_out(tasks: Tasks) -> None:
    assert finishes(tasks, medians(tasks)) == counted_out(tasks, medians(tasks))


@settings(max_examples=tried(30))
@given(projects(), st.sampled_from(CODES), st.integers(0, 20))
def test_nothing_is_over_earlier_because_something_takes_longer(tasks: Tasks, code: str, more: int) -> None:
    before = medians(tasks)
    after = {**before, code: before[code] + more} if code in before else before
    then, now = finishes(tasks, before), finishes(tasks, after)
    assert then.keys() == now.keys()
    assert all(now[code] >= then[code] for code in then)
    assert finish_of(tasks, now) >= finish_of(tasks, then)


@settings(max_examples=tried(30))
@given(projects())
def test_a_delay_within_the_slack_moves_no_finish_and_one_day_more_does(tasks: Tasks) -> None:
    usual = medians(tasks)
    finish = finish_of(tasks, finishes(tasks, usual))

    def after(code: str, delay: int) -> int:
        return finish_of(tasks, finishes(tasks, {**usual, code: usual[code] + delay}))

    for code, days in slack(tasks).items():
        if days is None:
            assert after(code, 10_000) == finish
            continue
        assert days >= 0
        assert after(code, days) == finish
        assert after(code, days + 1) > finish


@settings(max_examples=tried(30))
@given(projects())
def test_the_critical_path_leads_to_the_finish_day_by_day(tasks: Tasks) -> None:
    plan = path(tasks)
    usual = finishes(tasks, medians(tasks))
    assert set(plan.stuck) == tasks.keys() - usual.keys()
    assert (plan.finish is None) is bool(plan.stuck)
    for step in plan.steps:
        assert step.finishes.low <= step.finishes.median <= step.finishes.high
        assert step.starts.median >= 0
        assert step.critical is (step.item in plan.critical)
    if not plan.critical:
        assert all(task.optional for code, task in tasks.items() if code in usual)
        return
    at = 0
    for code in plan.critical:
        at += tasks[code].days.median
        assert usual[code] == at
    assert at == finish_of(tasks, usual)
    for first, other in pairwise(plan.critical):
        assert any(first in group for group in tasks[other].needs)


@settings(max_examples=tried(30))
@given(projects(), st.dictionaries(st.sampled_from(CODES), st.integers(0, 12), max_size=3))
def test_the_effect_of_delays_is_the_difference_of_two_plans(tasks: Tasks, delays: dict[str, int]) -> None:
    usual = medians(tasks)
    effect = delayed(tasks, delays)
    before = counted_out(tasks, usual)
    after = counted_out(tasks, {code: duration + delays.get(code, 0) for code, duration in usual.items()})
    moved = {move.item: (move.before, move.after) for move in effect.moved}
    assert moved == {code: (before[code], after[code]) for code in before if before[code] != after[code]}
    if effect.finish:
        ends = (finish_of(tasks, before), finish_of(tasks, after))
        assert (effect.finish.before, effect.finish.after) == ends
    assert [move.after - move.before for move in effect.moved] == sorted(
        (b - a for a, b in moved.values()), reverse=True
    )


def test_a_small_project_by_hand() -> None:
    """Land, then the site plan or the short plan; the permit waits for a plan and for water."""
    tasks = {
        "land": PathTask((), Days(2, 5, 9)),
        "site-plan": PathTask((("land",),), Days(5, 10, 20), optional=True),
        "short-plan": PathTask((("land",),), Days(3, 6, 8), optional=True),
        "water": PathTask((), Days(1, 4, 30)),
        "permit": PathTask((("site-plan", "short-plan"), ("water",)), Days(5, 8, 10)),
    }
    plan = path(tasks)
    assert plan.critical == ("land", "short-plan", "permit")
    assert plan.finish == Days(2 + 3 + 5, 5 + 6 + 8, 30 + 10)
    slacks = {step.item: step.slack for step in plan.steps}
    assert slacks == {"land": 0, "site-plan": None, "short-plan": 0, "water": 7, "permit": 0}

    effect = delayed(tasks, {"short-plan": 6})
    assert [(move.item, move.before, move.after) for move in effect.moved] == [
        ("short-plan", 11, 17),
        ("permit", 19, 23),
    ]
    assert effect.finish
    assert (effect.finish.before, effect.finish.after) == (19, 23)


def test_nothing_left_and_nothing_possible() -> None:
    assert path({}).finish is None
    stuck = {"a": PathTask((("b",),), days(1)), "b": PathTask((("a",),), days(1)), "c": PathTask((), days(2))}
    plan = path(stuck)
    assert (plan.finish, plan.stuck, plan.critical) == (None, ("a", "b"), ("c",))


def test_a_circle_with_a_way_out_costs_nothing_where_days_are_none() -> None:
    tasks = {"b": PathTask((("a",),), days(0)), "a": PathTask((("b", "c"),), days(0)), "c": PathTask((), days(0))}
    assert path(tasks).critical[0] == "c"
    assert path(tasks).finish == days(0)
