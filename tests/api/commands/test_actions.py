"""What may be done to an item: by whom, at which stage, and in which words it is said why not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.commands.actions import ACTIONS, Action, ItemAt, actions_for, parted
from api.html.translations import TABLES
from domain.access.principal import Caller, PrincipalKind
from domain.access.table import TABLE
from domain.core.context import Context
from domain.core.ledger import Actor, Role
from domain.examples.story import STORIES, story_entries
from domain.messages import Entry, replay
from domain.project.application.acceptance import ItemAccepted
from domain.project.application.submission import ItemSubmitted
from domain.project.state.project import Project
from infrastructure.law.lawbook import law_book
from tests.examples import LAW

ALL_STORIES = [story_entries(LAW), *(story_entries(LAW, project, steps) for project, steps in STORIES)]
LEAD = "land-use"


def caller(role: Role, over: str = "") -> Caller:
    return Caller("somebody@zone", "", PrincipalKind.PERSON, role, over)


def actions(project: Project, entries: list[Entry], item: str, by: Caller | None) -> dict[str, Action]:
    at = entries[-1].recorded_at
    pack = law_book().pack(project.items[item].law or LAW.name)
    versions = law_book().versions(LAW.id)

    def context(actor: Actor) -> Context:
        return Context(by=actor, at=at, now=at, law=pack, versions=versions)

    return {action.command: action for action in actions_for(by, ItemAt(project, item, pack), context)}


def after(fact: type) -> tuple[Project, list[Entry]]:
    """The project of the story as it was just after the first such fact about the item."""
    story = ALL_STORIES[0]
    end = next(
        nth
        for nth, entry in enumerate(story)
        if isinstance(entry.fact, fact) and getattr(entry.fact, "item", "") == LEAD
    )
    known = story[: end + 1]
    return replay(known[0].stream, known), known


def department(project: Project) -> str:
    return project.items[LEAD].department


def test_an_officer_of_the_department_may_accept_what_was_applied_for() -> None:
    project, entries = after(ItemSubmitted)
    seen = actions(project, entries, LEAD, caller(Role.OFFICER, department(project)))
    assert seen["accept_item"].possible
    assert seen["decline_item"].possible
    assert seen["complete_item"].barred == "wrong-stage"
    assert seen["complete_item"].remedy


def test_once_accepted_it_can_not_be_accepted_again_but_decided() -> None:
    project, entries = after(ItemAccepted)
    seen = actions(project, entries, LEAD, caller(Role.OFFICER, department(project)))
    assert seen["accept_item"].barred == "wrong-stage"
    assert seen["complete_item"].barred == "papers-outstanding"  # it was accepted with a paper lacking
    assert seen["suspend_clock"].possible


def test_an_officer_of_another_department_may_do_none_of_it_and_sees_who_may() -> None:
    project, entries = after(ItemSubmitted)
    seen = actions(project, entries, LEAD, caller(Role.OFFICER, "another-department"))
    assert not any(action.possible for action in seen.values())
    assert "部门经办人" in seen["accept_item"].reason_zh
    assert not seen["accept_item"].barred  # the item is ready for it: only he is not the one


def test_without_sign_in_nothing_is_possible_but_the_state_is_shown() -> None:
    project, entries = after(ItemSubmitted)
    now, barred, others = parted(list(actions(project, entries, LEAD, None).values()))
    assert (now, barred) == ([], [])
    assert {"accept_item", "decline_item", "withdraw_item"} <= {action.command for action in others}


def test_what_waits_for_other_items_says_for_which() -> None:
    entries = ALL_STORIES[0]
    project = replay(entries[0].stream, entries)
    waiting = [code for code in project.items if project.unmet(code) and project.items[code].plan.live]
    seen = {code: actions(project, entries, code, None) for code in waiting}
    barred = [(code, action) for code, all_of in seen.items() for action in all_of.values() if action.unmet]
    assert all(set(action.unmet) == set(project.unmet(code)) for code, action in barred)


def test_each_action_is_a_command_with_a_rule_of_access_and_words() -> None:
    assert ACTIONS.keys() <= TABLE.keys()
    assert ACTIONS.keys() == TABLES["act_effect"].keys()


def states(entries: list[Entry]) -> Iterator[tuple[Project, list[Entry]]]:
    for end in range(1, len(entries) + 1, 3):
        yield replay(entries[0].stream, entries[:end]), entries[:end]


@pytest.mark.parametrize("entries", ALL_STORIES, ids=lambda entries: str(entries[0].stream)[-4:])
def test_whatever_bars_an_action_in_the_stories_is_said_in_words(entries: list[Entry]) -> None:
    codes = {
        action.barred
        for project, known in states(entries)
        for item in project.items
        for action in actions(project, known, item, None).values()
        if action.barred
    }
    assert codes <= TABLES["barred"].keys()
    assert "wrong-stage" in codes
