"""Figures of conformance: those of the sums are those of the rows, also after changes, and lists are in their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec import Struct, structs
from psycopg.sql import SQL, Identifier, Placeholder

from domain.project.flow.conformance import Deviation
from domain.project.state.project import AdoptedFlow, Project
from infrastructure.ledger.reader import Store
from infrastructure.projector.tables import Lines, settle, stage
from projections.flow.conformance import Conformance, ConformanceState, ItemCourse
from projections.flow.conformance_query import ConformanceOf, DeviatingItem, FlowChoice, flow_choices
from projections.scope import Scope
from projections.view import Change, Folded, changes, summed_up
from tests.effort import tried
from tests.projections.random_views import BLANK, REQUIRED

BEGAN = datetime(2026, 3, 2, 1, tzinfo=UTC)
ITEMS = ("build", "land", "signs", "water")
PROJECTS, FEW_MAX = 60, 5
VIEW = Conformance()
SPREADS = [timedelta(0), timedelta(milliseconds=900), timedelta(minutes=3), timedelta(hours=5), timedelta(days=40)]


class Written(Struct):
    """A project of the test, as its rows were last written."""

    folded: Folded

    @classmethod
    def drawn(cls, random: Random) -> Written:
        project = Project(UUID(int=random.getrandbits(128)), register=random.choice(["", "", "old"]))
        project.flow = AdoptedFlow(
            random.choice(["zone", "zone", "other"]), random.randint(1, 3), "kind", (), ITEMS[:3]
        )
        state = ConformanceState(registered_at=BEGAN + timedelta(days=random.randint(0, 3)))
        return cls(Folded(project, {VIEW.name: state}))

    def move(self, random: Random) -> dict[str, Change]:
        """Let something happen in the project; what that changes."""
        state: ConformanceState = self.folded.states[VIEW.name]
        for item in random.sample(ITEMS, random.randint(1, 4)):
            course = state.courses.setdefault(item, ItemCourse(instant(random), item, random.choice(["", "fire"])))
            course.begun_at = course.begun_at or random.choice([None, instant(random)])
            course.granted_at = course.granted_at or random.choice([None, instant(random), instant(random)])
            course.supplements += random.choice([0, 0, 1])
            course.is_dropped = random.random() < 0.1
        self.folded.touched.add(VIEW.name)
        return changes(VIEW, self.folded)


def instant(random: Random) -> datetime:
    return BEGAN + random.random() * random.choice(SPREADS)


def write(connection: psycopg.Connection[Any], parts: Sequence[dict[str, Change]]) -> None:
    """Write a batch, as the projector does."""
    with connection.transaction():
        for table in VIEW.tables:
            of_table = [part[table.name] for part in parts if table.name in part]
            change = summed_up(of_table) if table.summed else Change.of(of_table)
            if not change.is_empty:
                lines = Lines.of(table, change, FEW_MAX)
                stage(connection, lines)
                settle(connection, lines)


def add_projects(connection: psycopg.Connection[Any], projects: Sequence[Written]) -> None:
    """Their rows in the progress table, with their names."""
    columns = connection.execute(REQUIRED, ["views.project"]).fetchall()
    for written in projects:
        registered_at = written.folded.states[VIEW.name].registered_at
        row = {name: BLANK.get(kind) for name, kind in columns} | {"project": written.folded.project.id}
        row["registered_at"] = registered_at
        query = SQL("INSERT INTO views.project ({}) VALUES ({})").format(
            SQL(", ").join(map(Identifier, row)), SQL(", ").join(map(Placeholder, row))
        )
        connection.execute(query, row)


def from_rows(scope: Scope, monkeypatch: pytest.MonkeyPatch) -> Scope:
    """The same scope, as that of a reader whom sums can't answer."""
    monkeypatch.setattr(Scope, "sees_all", lambda *_: False)
    return scope


async def answers(store: Store, scope: Scope) -> list[Any]:
    """All figures of all flows and editions."""
    choices = await flow_choices(store, scope)
    given: list[Any] = [choices]
    for choice in [*choices, *(FlowChoice(flow, 0) for flow in ("zone", "other", "none"))]:
        of = ConformanceOf(store, choice, scope)
        steps = await of.steps()
        given += [choice, await of.figures(), [[rounded(value) for value in structs.astuple(step)] for step in steps]]
    return given


def rounded(value: Any) -> Any:
    """Days to a millisecond: the order in which they are added up differs."""
    return round(value, 8) if isinstance(value, float) else value


@pytest.mark.parametrize("seed", range(tried(3)))
async def test_sums_say_what_rows_do(
    shared_database_url: str, store: Store, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    projects = [Written.drawn(random) for _ in range(PROJECTS)]
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        for table in VIEW.tables:
            connection.execute(f"TRUNCATE views.{table.name}".encode())
        for _ in range(3):
            write(connection, [project.move(random) for project in random.sample(projects, PROJECTS * 2 // 3)])
            for register in ("", "old"):
                scope = Scope(register)
                summed = await answers(store, scope)
                with monkeypatch.context() as without_sums:
                    assert summed == await answers(store, from_rows(scope, without_sums))
                assert len(summed[0]) > 2


@pytest.mark.parametrize("item", ["", "water"])
async def test_pages_of_departing_items_are_in_one_order(shared_database_url: str, store: Store, item: str) -> None:
    random = Random(7)
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        for table in VIEW.tables:
            connection.execute(f"TRUNCATE views.{table.name}".encode())
        connection.execute("TRUNCATE views.project")
        projects = [Written.drawn(random) for _ in range(PROJECTS)]
        write(connection, [project.move(random) for project in projects])
        add_projects(connection, projects)
        for edition in (0, 2):
            expected = connection.execute(
                "SELECT s.project, s.item FROM views.conformance AS s JOIN views.project AS p USING (project)"
                " WHERE s.flow = 'zone' AND s.register = '' AND 'added' = ANY(s.deviations)"
                " AND (%(edition)s = 0 OR s.edition = %(edition)s) AND (%(item)s = '' OR s.item = %(item)s)"
                " ORDER BY p.registered_at DESC, s.project, s.nth",
                {"edition": edition, "item": item},
            ).fetchall()
            of = ConformanceOf(store, FlowChoice("zone", edition), Scope())
            rows = list[DeviatingItem]()
            while page := await of.listed(Deviation.ADDED, item, 3, len(rows)):
                rows += page
            assert [(row.project, row.item) for row in rows] == expected
            assert expected
