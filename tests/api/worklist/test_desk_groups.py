"""The groups of a desk, made by one query, are those that its rules make of all waits and clocks, whatever they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from msgspec import structs

from api.worklist.rows import DeskRow, Groups, grouped, rows_at, running_by_item
from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Role
from domain.law.calendar.moment import sunday
from domain.project.waiting.wait import HeldBy, WaitKind
from infrastructure.ledger.approvals import Approvals
from projections.clocks.query import ClocksAt
from projections.scope import ZONE_SCOPE, Scope
from projections.waiting.desk import TO_DO, DeskInstant, desk_cases, held_by, held_elsewhere, running
from projections.waiting.query import WaitingRows
from tests.effort import tried
from tests.projections.random_views import ITEMS, MANAGERS, REGISTERS, RandomRows, T

PROJECTS, DEPARTMENTS = 180, ("land", "fire")
TODAY = date(2026, 6, 1)  # a Monday
LOOKED_AT = DeskInstant(T, TODAY, sunday(TODAY))
GRANTED = UUID(int=1)  # the project that one reader's grant is limited to
REQUESTS = ("land/", "fire/", "fire/2", "land/2")
CLOCKS = (
    *("decision", "commitment", "intake#1", "intake#2", "delivery", "post_check"),
    *("countersign:fire", "countersign:fire#2", "countersign:fire/2", "countersign:land", "countersign:land/2#3"),
)
PAGES = (slice(20), slice(2), slice(1, 3), slice(5, 55), slice(500, 550), slice(0, 1_000_000))


def reader(role: Role, over: str = "", projects: Sequence[UUID] = (), name: str = "li") -> Scope:
    """What a reader with this *role* sees of the zone's own projects."""
    return Scope(caller=Caller(name, "", PrincipalKind.PERSON, role, over, tuple(projects)))


SCOPES = {
    "zone": ZONE_SCOPE,
    "register": Scope("old"),
    "leader": reader(Role.LEADER),
    "officer of land": reader(Role.OFFICER, "land"),
    "officer of fire": reader(Role.OFFICER, "fire"),
    "limited officer": reader(Role.OFFICER, "land", [GRANTED]),
    "manager": reader(Role.PROJECT_MANAGER, name=MANAGERS[0]),
}


class RandomDesks(RandomRows):
    """Draws the waits and clocks of two departments."""

    def draw_desk_project(self, project: UUID) -> None:
        """A project whose items wait for whomever, with clocks that may have nothing to do with it."""
        random, parties = self._random, set(random_departments(self._random))
        manager, register = random.choice(MANAGERS), random.choice(REGISTERS)
        for nth, item in enumerate(random.sample(ITEMS, random.randint(1, 3))):
            key = {"project": project, "item": item}
            department = random.choice(DEPARTMENTS)
            waits = [self._wait(department) for _ in range(random.choice([0, 1, 1, 1, 2, 3]))]
            for wait in {(wait["kind"], wait["ref"]): wait for wait in waits}.values():
                self._rows["waiting"].append({**key, "nth": nth, "department": department, **wait})
                parties |= {department, *([wait["holder"]] if wait["held_by"] == HeldBy.DEPARTMENT else ())}
            for clock in random.sample(CLOCKS, random.choice([0, 2, 4, 7])):
                due = {"due_on": self.may_be(0.8, TODAY + timedelta(days=random.randint(-9, 9)))}
                application = {"application": random.choice([1, 2]), "clock": clock}
                self._rows["clock"].append({**key, **application, **self._clock(), **due})
        self._rows["project"].append({"project": project, "register": register, "manager": manager})
        access = {"project": project, "manager": manager, "departments": sorted(parties)}
        self._rows["access_project"].append(access)

    def _wait(self, department: str) -> dict[str, Any]:
        random = self._random
        kind = random.choice([*WaitKind, WaitKind.COUNTERSIGNATURE, WaitKind.COUNTERSIGNATURE, WaitKind.PAPERS])
        usual = HeldBy.APPLICANT if kind in (WaitKind.PAPERS, WaitKind.SUSPENSION) else HeldBy.DEPARTMENT
        party = random.choice([usual, usual, usual, *HeldBy])
        holder = random.choice([department, *DEPARTMENTS]) if party is HeldBy.DEPARTMENT else party.value
        ref = random.choice(REQUESTS) if kind is WaitKind.COUNTERSIGNATURE else random.choice(["", "s1"])
        since = self.may_be(0.8, self.near())
        return {"kind": kind.value, "ref": ref, "held_by": party.value, "holder": holder, "since": since}


def random_departments(random: Random) -> list[str]:
    """Those that take part in a project for another reason than a wait."""
    return random.sample(DEPARTMENTS, random.randint(0, 1))


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url) as opened:
        yield opened


def draw(url: str, seed: int) -> None:
    """Replace the rows of the views."""
    random = Random(seed)
    with psycopg.connect(url) as connection:
        rows = RandomDesks(connection, random)
        for project in (GRANTED, *(UUID(int=random.getrandbits(128)) for _ in range(PROJECTS))):
            rows.draw_desk_project(project)
        rows.insert()


def clocks_in(approvals: Approvals, scope: Scope, t: datetime = T) -> ClocksAt:
    """The clocks as known then."""
    return ClocksAt(approvals.store, approvals.laws, t, t, scope=scope)


async def by_the_rules(approvals: Approvals, scope: Scope, department: str) -> tuple[Groups, date | None]:
    """The groups of all that there is, and the next last day."""
    waiting = WaitingRows(approvals.store)
    held, own = [
        await waiting.brief(structs.replace(criteria, scope=scope, limit=10_000))
        for criteria in (held_by(department), held_elsewhere(department))
    ]
    ends = await clocks_in(approvals, scope).ends(structs.replace(running(department), limit=1_000))
    dues = [end.due_on for end in ends if end.due_on and end.due_on > TODAY]
    return grouped(held, own, running_by_item(ends), TODAY), min(dues, default=None)


def comparable(rows: Sequence[DeskRow]) -> list[object]:
    """What *rows* show."""
    return [
        (row.case, row.end, [(wait.key, wait.held_by, wait.holder, wait.since) for wait in row.waits]) for row in rows
    ]


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
@pytest.mark.parametrize("seed", range(tried(2)))
async def test_the_query_groups_as_the_rules_do(
    shared_database_url: str, approvals: Approvals, seed: int, scope: Scope
) -> None:
    draw(shared_database_url, seed)
    sizes = Counter[str]()
    for department in (*DEPARTMENTS, "nobody"):
        groups, next_due = await by_the_rules(approvals, scope, department)
        numbers = {name: len(places) for name, places in groups.items()}
        sizes.update(numbers)
        for page in PAGES:
            cases = await desk_cases(clocks_in(approvals, scope), department, LOOKED_AT, page)
            assert cases is not None
            assert cases.numbers == numbers
            assert cases.next_due == (None if any(numbers[name] for name in TO_DO) else next_due)
            shown = grouped(cases.held, cases.own, running_by_item(cases.ends), TODAY)
            for name, places in groups.items():
                rows = rows_at(shown[name], slice(len(shown[name])))
                assert comparable(rows) == comparable(rows_at(places, page)), name
            waits = (*cases.held, *cases.own)
            assert {wait.manager for wait in waits} <= {*MANAGERS}, "they are there in full"
    if scope is ZONE_SCOPE:
        assert min(sizes.values()) > 1, "no group is empty, or of one application"
        assert not any(numbers.values()), "nobody has nothing"


async def test_the_next_last_day_is_that_of_a_clock_that_the_reader_may_see(
    shared_database_url: str, approvals: Approvals
) -> None:
    """Of a department for which nothing waits, in one project of which it no longer takes part."""
    draw(shared_database_url, 1)
    with psycopg.connect(shared_database_url) as connection:
        connection.execute("DELETE FROM views.waiting")
        connection.execute("UPDATE views.access_project SET departments = '{land}'")
    dues: list[date] = []
    for scope in (ZONE_SCOPE, SCOPES["officer of land"]):
        _, next_due = await by_the_rules(approvals, scope, "land")
        cases = await desk_cases(clocks_in(approvals, scope), "land", LOOKED_AT, slice(20))
        assert cases is not None
        assert cases.next_due == next_due
        assert next_due is not None
        dues.append(next_due)
        with psycopg.connect(shared_database_url) as connection:
            connection.execute(
                "UPDATE views.access_project AS a SET departments = '{}' FROM views.clock AS c"
                " WHERE c.project = a.project AND c.due_on = %s",
                [next_due],
            )
    assert dues[0] < dues[1]


async def test_a_project_that_has_moved_since_is_not_left_to_the_query(
    shared_database_url: str, approvals: Approvals
) -> None:
    draw(shared_database_url, 1)
    clocks = clocks_in(approvals, ZONE_SCOPE)
    assert await desk_cases(clocks, "land", LOOKED_AT, slice(20)) is not None
    with psycopg.connect(shared_database_url) as connection:
        connection.execute(
            "INSERT INTO views.clock_basis (project, happened_at, recorded_at, counted_by) VALUES (%s, %s, %s, '')",
            [GRANTED, T + timedelta(days=1), T + timedelta(days=1)],
        )
    try:
        assert await desk_cases(clocks, "land", LOOKED_AT, slice(20)) is None
    finally:
        with psycopg.connect(shared_database_url) as connection:
            connection.execute("DELETE FROM views.clock_basis")
