"""受阻: what was turned down is the applicant's to take up again, is not done, and keeps its project stuck."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.messages import AnyFact, replay
from domain.project.application.delivery import DecisionDelivered
from domain.project.application.registration import ItemPlanned, ProjectRegistered
from domain.project.application.suspension import ClockResumed, ClockSuspended
from domain.project.application.undertaking import DecisionRevoked
from domain.project.application.withdrawal import ItemWithdrawn
from domain.project.state.project import Project
from domain.project.waiting.chain import waiting
from domain.project.waiting.wait import HeldBy, Wait, WaitKind
from projections.progress.fold import Progress
from projections.progress.rows import ProgressItem, ProgressProject
from projections.view import fold
from tests.examples import REGISTERED, accepted, completed, declined, submitted, under_examination
from tests.projections.waiting.naive_stuck import is_stuck_naively
from tests.spec import PROJECT, entry

LAND, PLAN = "land", "site-plan"
DELIVERED = DecisionDelivered(item=LAND, method="window")


def shown(*facts: AnyFact) -> tuple[ProgressProject, dict[str, ProgressItem]]:
    """The project's row and its items' rows."""
    folded = fold((Progress(),), PROJECT, [entry(number, fact) for number, fact in enumerate(facts, 1)])
    rows = Progress().rows(folded.states[Progress.name], folded.project)
    return ProgressProject.of(rows["project"][0]), {row[1]: ProgressItem(*row) for row in rows["item"]}


REFUSED = (REGISTERED, *under_examination(), completed(outcome=Outcome.REFUSED))
DECLINED = (REGISTERED, submitted(), declined())


@pytest.mark.parametrize("facts", [REFUSED, (*REFUSED, DELIVERED), DECLINED])
def test_what_was_turned_down_is_the_applicants_again_and_not_done(facts: tuple[AnyFact, ...]) -> None:
    project, items = shown(*facts)

    assert (project.stuck, project.items_turned_down, project.items_done) == (True, 1, 0)
    assert items[LAND].holder == "applicant"
    assert items[PLAN].holders == []


@pytest.mark.parametrize(
    ("facts", "number"), [(REFUSED, [1]), (DECLINED, [1]), ((*DECLINED, submitted()), []), ((REGISTERED,), [])]
)
def test_what_was_turned_down_is_a_sum(facts: tuple[AnyFact, ...], number: list[int]) -> None:
    folded = fold((Progress(),), PROJECT, [entry(nth, fact) for nth, fact in enumerate(facts, 1)])
    counts = Progress().rows(folded.states[Progress.name], folded.project)["project_count"]

    assert [row[2] for row in counts if row[1] == "items_turned_down"] == number


@pytest.mark.parametrize("facts", [REFUSED, DECLINED])
def test_a_project_is_stuck_only_until_it_is_applied_for_again(facts: tuple[AnyFact, ...]) -> None:
    project, items = shown(*facts, submitted())

    assert (project.stuck, project.items_turned_down) == (False, 0)
    assert items[LAND].holder == LAND


def test_what_was_granted_or_terminated_is_done_and_what_was_revoked_is_not() -> None:
    granted = (REGISTERED, *under_examination(), completed())

    assert shown(*granted)[0].items_done == 1
    assert shown(REGISTERED, *under_examination(), completed(outcome=Outcome.TERMINATED))[0].items_done == 1
    assert shown(*granted, DecisionRevoked(item=LAND, reasons="broken", article="69"))[0].items_done == 0


def test_a_project_that_runs_or_was_withdrawn_from_is_not_stuck() -> None:
    assert not shown(REGISTERED)[0].stuck
    assert not shown(REGISTERED, submitted(), ItemWithdrawn(item=LAND, reasons="later"))[0].stuck


LETTERS = ("a", "b", "c", "d")
Needs = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]  # of each letter: all of these, and any of those
NEEDS = st.lists(st.sampled_from(LETTERS), max_size=2, unique=True).map(tuple)
PLANS = st.tuples(*[st.tuples(NEEDS, NEEDS)] * len(LETTERS))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(LETTERS), st.sampled_from(("submit", "grant", "refuse", "decline", "withdraw", "deliver"))
    ),
    max_size=24,
)


def plans_of(needs: Needs) -> dict[str, PlannedItem]:
    """An item for each letter, with what it *needs*."""
    return {
        item: PlannedItem(item=item, department=item, requires=requires, requires_any=(any_of,) if any_of else ())
        for item, (requires, any_of) in zip(LETTERS, needs, strict=True)
    }


def steps_of(chosen: list[tuple[str, str]], plans: dict[str, PlannedItem]) -> list[AnyFact]:
    """The facts of *chosen* steps that could be: an item is applied for where its needs are met, then decided."""
    state, facts = dict.fromkeys(plans, "new"), list[AnyFact]()
    for item, step in chosen:
        groups = [*((name,) for name in plans[item].requires), *plans[item].requires_any]
        is_met = all(any(state[name].startswith("granted") for name in group) for group in groups)
        match state[item], step:
            case ("new", "submit") if is_met:
                facts.append(submitted(item))
                state[item] = "open"
            case ("open", "grant" | "refuse"):
                outcome = Outcome.GRANTED if step == "grant" else Outcome.REFUSED
                facts.append(completed(item, outcome=outcome))
                state[item] = outcome.value
            case ("open", "decline"):
                facts.append(declined(item))
                state[item] = "new"
            case ("open", "withdraw"):
                facts.append(ItemWithdrawn(item=item, reasons="later"))
                state[item] = "new"
            case ("granted", "deliver"):
                facts.append(DecisionDelivered(item=item, method="window"))
                state[item] = "granted and delivered"
    return facts


@given(PLANS, STEPS)
def test_the_definition_alone_says_the_same_of_any_plan(needs: Needs, chosen: list[tuple[str, str]]) -> None:
    plans = plans_of(needs)
    facts = [planned(*plans.values()), *steps_of(chosen, plans)]
    assert shown(*facts)[0].stuck == is_stuck_naively(entry(number, fact) for number, fact in enumerate(facts, 1))


FREE: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
ONE_OF_TWO = (FREE, FREE, ((), ("a", "b")), FREE)  # c needs a or b


@example(ONE_OF_TWO, [("a", "submit"), ("a", "grant")])
@example(ONE_OF_TWO, [("b", "submit"), ("a", "submit"), ("a", "grant"), ("b", "withdraw")])
@given(PLANS, STEPS)
def test_an_item_is_held_by_whom_it_waits_for_in_any_plan(needs: Needs, chosen: list[tuple[str, str]]) -> None:
    """Also one that is not needed any more, as another was granted in its place: nobody holds it."""
    plans = plans_of(needs)
    view, project, items = Progress(), Project(PROJECT), list[ProgressItem]()
    state = view.start()
    for number, fact in enumerate((planned(*plans.values()), *steps_of(chosen, plans)), 1):
        fact.apply(project)
        view.fold(state, entry(number, fact), project)
        # The rows of each step are made, as those of items without changes are cached.
        items = [ProgressItem(*row) for row in view.rows(state, project)["item"]]
    held = {item.item: item.holders for item in items}
    waits = {each.item: each.waits for each in waiting(project, {})}
    acting = {item: [wait for wait in waits.get(item, ()) if wait.kind != WaitKind.PRECONDITION] for item in held}
    assert held == {item: list(dict.fromkeys(map(named, waited))) for item, waited in acting.items()}


def named(wait: Wait) -> str:
    """Who has to act: a department by its code, all others by their kinds."""
    return wait.holder if wait.held_by is HeldBy.DEPARTMENT else wait.held_by.value


def planned(*items: PlannedItem) -> ProjectRegistered:
    """A project with these *items* alone."""
    return ProjectRegistered(
        name="Fab 3", enterprise=REGISTERED.enterprise, manager="wang", code="", law=REGISTERED.law, items=items
    )


def test_a_project_in_which_no_one_can_act_is_stuck() -> None:
    circle = planned(
        PlannedItem(item="a", department="a", requires=("b",)), PlannedItem(item="b", department="b", requires=("a",))
    )
    alone = planned(PlannedItem(item=LAND, department=LAND))
    held_up = ClockSuspended(
        item=LAND,
        suspension="s",
        ground="force_majeure",
        reason="flood",
        notified=True,
        article="45",
        stops=("decision",),
    )

    more = ItemPlanned(item="c", plan=PlannedItem(item="c", department="c"))
    ended = ClockResumed(item=LAND, suspension="s")
    histories: tuple[tuple[bool, tuple[AnyFact, ...]], ...] = (
        (True, (circle,)),
        (True, (alone, *under_examination(), held_up)),
        (False, (alone, *under_examination(), held_up, ended)),
        (False, (circle, more)),
    )
    for stuck, facts in histories:
        assert shown(*facts)[0].stuck is stuck
        assert is_stuck_naively(entry(number, fact) for number, fact in enumerate(facts, 1)) is stuck


def test_a_terminated_item_is_applied_for_again_only_where_another_needs_it() -> None:
    ended = completed(outcome=Outcome.TERMINATED)
    alone = planned(PlannedItem(item=LAND, department=LAND))
    needed = ItemPlanned(item=PLAN, plan=PlannedItem(item=PLAN, department="planning", requires=(LAND,)))
    over: tuple[AnyFact, ...] = (alone, submitted(), accepted(), ended, DELIVERED)

    assert shown(*over)[1][LAND].holders == []
    assert shown(*over, needed)[1][LAND].holders == ["applicant"]
    assert waiting(replay(PROJECT, [entry(n, fact) for n, fact in enumerate(over, 1)]), {}) == []
