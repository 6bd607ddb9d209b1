"""The filter of rows gives on the real database what the table says case by case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct, structs
from psycopg.sql import SQL

from domain.access.decision import AccessCase, may
from domain.access.principal import Caller, PrincipalKind
from domain.access.table import TABLE
from domain.core.ledger import Role
from projections.access.predicate import NO_ROW, AccessColumns, predicate
from tests.domain.access.drawn import ACTIONS, CODES, DEPARTMENTS, PEOPLE, PROJECTS, callers
from tests.effort import tried
from tests.infrastructure.projector.test_projector import project_all

PROJECT_COLUMNS, ITEM_COLUMNS = AccessColumns("p"), AccessColumns("i", item="item")
PARTIES_COLUMNS = AccessColumns("p", parties=True)  # of a table with access columns of its own
PERSON_COLUMNS = AccessColumns("v", project="", principal="id")
ENTERPRISE_COLUMNS = AccessColumns("e", project="", uscc="uscc")
ITEMS = ["plan", "permit"]


class StoredCase(Struct, frozen=True):
    """A project, and its items: their departments, and who countersigns."""

    case: AccessCase
    items: dict[str, AccessCase]


@st.composite
def stored_cases(draw: st.DrawFn, project: UUID) -> StoredCase:
    uscc, manager = draw(st.sampled_from(["", *CODES])), draw(st.sampled_from(["", *PEOPLE]))
    items = {}
    for item in draw(st.lists(st.sampled_from(ITEMS), unique=True)):
        own = draw(st.sampled_from(DEPARTMENTS))
        beside = draw(st.frozensets(st.sampled_from(DEPARTMENTS), max_size=2)) - {own}
        items[item] = AccessCase(project, uscc, manager, frozenset(), own, beside)
    departments = frozenset(part for item in items.values() for part in (item.department, *item.countersigners))
    whole = AccessCase(project, uscc, manager, departments)
    return StoredCase(whole, {code: structs.replace(item, departments=departments) for code, item in items.items()})


zones = st.lists(st.sampled_from(PROJECTS), unique=True).flatmap(
    lambda projects: st.tuples(*(stored_cases(project) for project in projects))
)


@pytest.fixture(scope="module")
def connection(shared_database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """The tables of the views, empty."""
    project_all(shared_database_url)
    with psycopg.connect(shared_database_url) as opened:
        yield opened


def store(connection: psycopg.Connection[Any], zone: tuple[StoredCase, ...]) -> None:
    for stored in zone:
        case = stored.case
        connection.execute(
            "INSERT INTO views.access_project VALUES (%s, %s, %s, %s)",
            [case.project, case.uscc, case.manager, sorted(case.departments)],
        )
        for code, item in stored.items.items():
            connection.execute(
                "INSERT INTO views.access_item VALUES (%s, %s, %s, %s)",
                [case.project, code, item.department, sorted(item.countersigners)],
            )


@settings(max_examples=tried(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(zone=zones, caller=callers(), actions=st.lists(st.sampled_from(ACTIONS), min_size=5, max_size=20))
def test_rows_under_the_filter_are_those_the_table_allows(
    connection: psycopg.Connection[Any], zone: tuple[StoredCase, ...], caller: Caller, actions: list[str]
) -> None:
    store(connection, zone)
    try:
        for action in actions:
            of_projects, of_items = predicate(caller, action, PROJECT_COLUMNS), predicate(caller, action, ITEM_COLUMNS)
            projects = connection.execute(
                SQL("SELECT p.project FROM views.access_project AS p WHERE {}").format(of_projects),
                {},
            )
            items = connection.execute(
                SQL("SELECT i.project, i.item FROM views.access_item AS i WHERE {}").format(of_items),
                {},
            )
            own_columns = connection.execute(
                SQL("SELECT p.project FROM views.access_project AS p WHERE {}").format(
                    predicate(caller, action, PARTIES_COLUMNS)
                ),
                {},
            )
            allowed = {stored.case.project for stored in zone if may(caller, action, stored.case).allowed}
            assert {project for (project,) in projects} == allowed, action
            assert {project for (project,) in own_columns} == allowed, action
            assert set(items) == {
                (stored.case.project, code)
                for stored in zone
                for code, item in stored.items.items()
                if may(caller, action, item).allowed
            }, action
    finally:
        connection.rollback()


@settings(max_examples=tried(10), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(caller=callers(), action=st.sampled_from(ACTIONS))
def test_lists_of_people_and_enterprises_are_filtered_alike(
    connection: psycopg.Connection[Any], caller: Caller, action: str
) -> None:
    of_people = predicate(caller, action, PERSON_COLUMNS)
    people = connection.execute(
        SQL("SELECT v.id FROM unnest(%(people)s::text[]) AS v (id) WHERE {}").format(of_people),
        {"people": PEOPLE},
    )
    of_enterprises = predicate(caller, action, ENTERPRISE_COLUMNS)
    enterprises = connection.execute(
        SQL("SELECT e.uscc FROM unnest(%(codes)s::text[]) AS e (uscc) WHERE {}").format(of_enterprises),
        {"codes": CODES},
    )
    assert {person for (person,) in people} == {
        person for person in PEOPLE if may(caller, action, AccessCase(principal=person)).allowed
    }
    assert {code for (code,) in enterprises} == {
        code for code in CODES if may(caller, action, AccessCase(uscc=code)).allowed
    }


def test_without_a_caller_no_row_but_of_public_reads() -> None:
    for action, rule in TABLE.items():
        assert (predicate(None, action, PROJECT_COLUMNS) is NO_ROW) is not rule.public


def test_an_action_without_a_rule_has_no_filter() -> None:
    with pytest.raises(KeyError):
        predicate(Caller("li", "", PrincipalKind.PERSON, Role.LEADER), "read:everything", PROJECT_COLUMNS)
