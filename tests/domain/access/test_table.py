"""The table of access: complete, closed by default, and its judgements case by case."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from domain.access.cases import item_case, project_case
from domain.access.decision import NO_CASE, RELATED, RELATIONS, ROLES, AccessCase, allows, may
from domain.access.principal import Caller, PrincipalKind
from domain.access.table import COMMAND_ACTIONS, PERSONAL, TABLE, Relation, is_scope, rule_of, scopes_for
from domain.core.ledger import Role
from domain.examples.story import PROJECT, story_entries
from domain.messages import COMMANDS, SYSTEM_COMMANDS, replay
from domain.streams import KINDS
from tests.domain.access.drawn import ACTIONS, callers, cases
from tests.effort import tried
from tests.examples import LAW

USCC = "91420100MA0HX2026E"
HERE, ELSEWHERE = UUID(int=1), UUID(int=2)
CASE = AccessCase(
    HERE, USCC, "wang", frozenset({"land", "fire"}), department="land", countersigners=frozenset({"fire"})
)
OTHER = AccessCase(ELSEWHERE, "91420100765409211H", "zhou", frozenset({"water"}), department="water")


def person(role: Role, over: str = "", person_id: str = "li", **terms: object) -> Caller:
    return Caller(person_id, "Li", PrincipalKind.PERSON, role, over, **terms)  # type: ignore[arg-type]


def program(role: Role, over: str, *scopes: str) -> Caller:
    return Caller("feed", "Feed", PrincipalKind.PROGRAM, role, over, scopes=scopes)


def test_every_command_has_a_rule_and_no_other_has() -> None:
    commands = {*COMMANDS, *SYSTEM_COMMANDS, *(tag for kind in KINDS for tag in kind.by_tag)}
    assert commands == COMMAND_ACTIONS


def test_every_rule_has_a_door_that_is_a_read() -> None:
    assert {rule.door for rule in TABLE.values()} <= {action for action in TABLE if action.startswith("read:")}
    assert set(PERSONAL) <= set(TABLE)


def test_what_has_no_rule_is_not_served() -> None:
    with pytest.raises(KeyError):
        rule_of("read:everything")
    with pytest.raises(KeyError):
        may(person(Role.LEADER), "read:everything")


def test_roles_and_relations_all_have_words() -> None:
    assert set(ROLES) == set(Role)
    assert set(RELATIONS) == set(RELATED) == set(Relation)


def test_without_signing_in_nothing_but_public_reads() -> None:
    for action in (action for action, rule in TABLE.items() if not rule.public):
        judged = may(None, action, CASE)
        assert (judged.allowed, judged.remedy.en) == (False, "sign in, or send a key"), action


def test_what_is_public_is_so_for_everyone() -> None:
    assert may(None, "read:law").allowed
    assert may(person(Role.ADMINISTRATOR), "read:catalogue").allowed


@pytest.mark.parametrize(
    ("caller", "action", "allowed", "visible"),
    [
        (person(Role.OFFICER, "land"), "accept_item", True, True),
        (person(Role.OFFICER, "fire"), "countersign", True, True),
        (person(Role.OFFICER, "water"), "accept_item", False, False),
        (person(Role.OFFICER, "fire"), "read:progress", True, True),
        (person(Role.OFFICER, "water"), "read:progress", False, False),
        (person(Role.APPLICANT, USCC), "submit_item", True, True),
        (person(Role.APPLICANT, USCC), "accept_item", False, True),
        (person(Role.APPLICANT, "91420100765409211H"), "submit_item", False, False),
        (person(Role.APPLICANT, USCC, as_agent=True), "submit_item", True, True),
        (person(Role.APPLICANT, USCC, projects=(ELSEWHERE,)), "submit_item", False, False),
        (person(Role.PROJECT_MANAGER, person_id="wang"), "plan_item", True, True),
        (person(Role.PROJECT_MANAGER), "plan_item", False, False),
        (person(Role.PROJECT_MANAGER, deputy_of="wang"), "plan_item", True, True),
        (person(Role.WINDOW_CLERK, "window"), "submit_item", True, True),
        (person(Role.WINDOW_CLERK, "window"), "read:materials", False, True),
        (person(Role.LEADER), "read:materials", True, True),
        (person(Role.LEADER), "accept_item", False, True),
        (person(Role.SUPERVISOR), "issue_card", True, True),
        (person(Role.AUDITOR), "read:history", True, True),
        (person(Role.AUDITOR), "read:feedback_contact", False, True),
        (person(Role.AUDITOR), "read:complainant", True, True),
        (person(Role.LEADER), "read:complainant", False, True),
        (person(Role.ADMINISTRATOR), "read:progress", False, False),
        (person(Role.ADMINISTRATOR), "give_grant", True, True),
        (person(Role.OFFICER, "land"), "give_grant", False, False),
        (program(Role.INTEGRATOR, "land", "read:*"), "read:progress", True, True),
        (program(Role.INTEGRATOR, "land", "read:*"), "reconcile_external_result", False, True),
        (program(Role.INTEGRATOR, "land", "commands:*"), "reconcile_external_result", True, True),
        (program(Role.INTEGRATOR, "water", "commands:*"), "reconcile_external_result", False, False),
        (Caller("feed", "", PrincipalKind.PROGRAM, Role.INTEGRATOR, "land"), "read:progress", False, True),
    ],
)
def test_the_table_judges_what_each_caller_may_do_and_see(
    caller: Caller, action: str, allowed: bool, visible: bool
) -> None:
    judged = may(caller, action, CASE)
    assert (judged.allowed, judged.visible) == (allowed, visible), judged
    assert judged.reason.zh
    assert judged.reason.en
    assert allowed or (judged.remedy.zh and judged.remedy.en)


def test_another_departments_papers_are_seen_to_exist_and_not_read() -> None:
    """An officer reads the progress of every project his department has an item in, and no other item's papers."""
    other_item = AccessCase(HERE, USCC, "wang", frozenset({"land", "fire"}), department="fire")
    officer = person(Role.OFFICER, "land")
    assert may(officer, "read:progress", other_item).allowed
    judged = may(officer, "read:materials", other_item)
    assert (judged.allowed, judged.visible) == (False, True)


def test_an_agent_does_not_appoint_agents() -> None:
    case = AccessCase(uscc=USCC)
    assert may(person(Role.APPLICANT, USCC), "appoint_agent", case).allowed
    assert not may(person(Role.APPLICANT, USCC, as_agent=True), "appoint_agent", case).allowed


def test_everyone_sees_himself() -> None:
    own = AccessCase(principal="li")
    assert may(person(Role.OFFICER, "land"), "read:principals", own).allowed
    assert may(person(Role.OFFICER, "land", projects=(HERE,)), "read:principals", own).allowed
    assert not may(person(Role.OFFICER, "land", "zhao"), "read:principals", own).visible


@pytest.mark.parametrize("role", list(Role))
def test_an_empty_case_has_no_owner(role: Role) -> None:
    """Nothing matches by having no department, no enterprise and no manager."""
    nameless = Caller("", "", PrincipalKind.PERSON, role)
    for action, rule in TABLE.items():
        if not rule.public and rule.roles.get(role) is not Relation.ZONE:
            assert not may(nameless, action, NO_CASE).allowed, action


def test_scopes_name_commands_and_reads() -> None:
    assert all(is_scope(scope) for scope in ("commands:*", "commands:submit_item", "read:*", "read:clocks", "feed"))
    assert not any(is_scope(scope) for scope in ("", "*", "commands:", "commands:fly", "submit_item", "read:all"))
    assert scopes_for("feed") == {"feed"}


def test_the_case_of_an_item_comes_from_its_project() -> None:
    project = replay(PROJECT, story_entries(LAW))
    whole, plan = project_case(project), item_case(project, "site-plan")
    assert (whole.uscc, whole.manager) == (USCC, "wang.min")
    assert {"natural-resources", "planning", "fire", "environment", "province-environment", "tax"} <= whole.departments
    assert (plan.department, plan.countersigners) == ("planning", frozenset({"fire", "environment"}))
    forwarded = item_case(project, "discharge")
    assert (forwarded.department, forwarded.countersigners) == ("province-environment", frozenset({"environment"}))
    assert item_case(project, "nothing") == whole


@settings(max_examples=tried(100))
@given(callers(), st.sampled_from(ACTIONS), cases())
def test_what_is_judged_without_words_is_judged_alike(caller: Caller, action: str, case: AccessCase) -> None:
    assert allows(caller, action, case) == may(caller, action, case).allowed


@settings(max_examples=tried(100))
@given(callers(), st.sampled_from(ACTIONS), cases())
def test_what_is_allowed_by_manager_or_enterprise_is_allowed_on_every_item(
    caller: Caller, action: str, case: AccessCase
) -> None:
    item = structs.replace(case, principal="")
    parties = structs.replace(item, departments=frozenset(), department="", countersigners=frozenset())
    assert allows(caller, action, item) or not allows(caller, action, parties)
