"""Lists of what one department handles or holds: its officers read each row, without a condition for each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import psycopg
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from domain.access.cases import project_case
from domain.access.decision import AccessCase, may
from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Role
from domain.messages import corrections
from domain.project.waiting.wait import HeldBy
from infrastructure.ledger.approvals import Approvals
from projections.clocks.list import ClockFilter
from projections.clocks.query import ClocksAt
from projections.progress.query import DecidedFilter, ProgressList
from projections.scope import ZONE_SCOPE, Scope
from projections.view import CORRECTIONS, fold, take
from projections.waiting import query
from projections.waiting.fold import VIEW, WaitingRow
from projections.waiting.query import WaitingFilter, WaitingRows
from tests.domain.access.drawn import ACTIONS, DEPARTMENTS, callers, cases
from tests.effort import tried
from tests.histories import World, worlds
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.projections.zone import project_id, tell_zone
from tests.spec import PROJECT

OFFICES = ("land", "water", "fire", "tax", "planning", "city")
EVER = datetime(2000, 1, 1, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """A zone, projected."""
    hands = [at("03-01")]
    async with Approvals(shared_database_url, clock=lambda: hands[0]) as opened:
        await tell_zone(opened, hands)
        project_all(shared_database_url)
        yield opened


def scope_of(department: str, *, limited: bool = False) -> Scope:
    """What an officer of *department* may read; *limited*: by a grant for a single project."""
    projects = (project_id("joint"),) if limited else ()
    return Scope(caller=Caller("li", "", PrincipalKind.PERSON, Role.OFFICER, department, projects))


@settings(max_examples=tried(10))
@given(worlds())
def test_a_department_that_holds_or_handles_a_wait_takes_part_in_its_project(world: World) -> None:
    settled = corrections(world.entries)
    folded = fold([VIEW], PROJECT, [])
    for stored in world.entries:
        if stored.version in settled.retracted or isinstance(stored.fact, CORRECTIONS):
            continue
        take([VIEW], folded, [stored])
        rows = [WaitingRow(*row) for row in VIEW.rows(folded.states["waiting"], folded.project)["waiting"]]
        parties = {row.department for row in rows}
        parties |= {row.holder for row in rows if row.held_by == HeldBy.DEPARTMENT}
        assert parties - {""} <= project_case(folded.project).departments


@given(caller=callers(), case=cases(), action=st.sampled_from(ACTIONS), department=st.sampled_from(["", *DEPARTMENTS]))
def test_who_sees_all_of_a_department_may_do_it_wherever_that_takes_part(
    caller: Caller, case: AccessCase, action: str, department: str
) -> None:
    case = structs.replace(case, departments=case.departments | {department})
    if Scope(caller=caller).sees_all_of(action, department):
        assert may(caller, action, case).allowed


def test_officers_see_all_of_their_own_department_alone() -> None:
    own = scope_of("land")

    assert own.sees_all_of("read:waiting", "land")
    assert not own.sees_all_of("read:waiting", "water")
    assert not own.sees_all_of("read:waiting", "")
    assert not own.sees_all_of("read:supervision", "land"), "of a project it may read what is the department's alone"
    assert not scope_of("land", limited=True).sees_all_of("read:waiting", "land")
    assert not scope_of("").sees_all_of("read:waiting", "")


async def test_an_officer_reads_the_rows_that_the_table_of_access_allows(approvals: Approvals) -> None:
    rows, everyone = WaitingRows(approvals.store), 0
    for reader in OFFICES:
        for scope in (scope_of(reader), scope_of(reader, limited=True)):
            for department in OFFICES:
                for criteria in (
                    WaitingFilter(department=department, limit=500),
                    WaitingFilter(holder=department, held_by=HeldBy.DEPARTMENT, limit=500),
                    WaitingFilter(holder=department, limit=500),
                ):
                    listed = await rows.brief(structs.replace(criteria, scope=ZONE_SCOPE))
                    allowed = [
                        row
                        for row in listed
                        if may(scope.caller, "read:waiting", project_case(await approvals.project(row.project))).allowed
                    ]
                    assert await rows.brief(structs.replace(criteria, scope=scope)) == allowed
                    everyone += len(allowed)
    assert everyone > len(OFFICES)


@pytest.mark.parametrize("few", [0, query.FEW_PROJECTS])
async def test_desks_to_choose_from_are_those_of_the_waits_one_reads(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(query, "FEW_PROJECTS", few)
    rows = WaitingRows(approvals.store)
    criteria = WaitingFilter(held_by=HeldBy.DEPARTMENT, at_hand=True, limit=500)
    limited = [scope_of(reader, limited=True) for reader in OFFICES]
    chosen = set[tuple[str, ...]]()
    for scope in (ZONE_SCOPE, Scope("old"), *map(scope_of, OFFICES), *limited):
        listed = await rows.brief(structs.replace(criteria, scope=scope))
        departments = await rows.departments(scope)
        assert departments == sorted({row.holder for row in listed})
        chosen.add(tuple(departments))
    assert len(chosen) > 2


async def test_an_officer_sees_what_the_own_department_decided(approvals: Approvals) -> None:
    progress, t = ProgressList(approvals.store), at("12-31")
    numbers = []
    for department in OFFICES:
        decided = DecidedFilter(department=department, since=EVER, t=t)
        own, limited = (structs.replace(decided, scope=scope_of(department, limited=each)) for each in (False, True))
        items = await progress.decided(decided)
        assert await progress.decided(own) == items
        assert await progress.number_decided(own) == len(items)
        assert await progress.decided(limited) == [item for item in items if item.project == project_id("joint")]
        numbers.append(len(items))
    assert sum(numbers) > 1


async def test_the_waits_of_chosen_applications_are_read_alone(approvals: Approvals) -> None:
    rows = WaitingRows(approvals.store)
    criteria = WaitingFilter(holder="land", held_by=HeldBy.DEPARTMENT, at_hand=True)
    every = await rows.brief(criteria)
    chosen = sorted({(row.project, row.item) for row in every})[::2]
    assert chosen

    for scope in (ZONE_SCOPE, scope_of("land"), scope_of("fire")):
        listed = await rows.brief(structs.replace(criteria, scope=scope, cases=chosen))
        in_scope = await rows.brief(structs.replace(criteria, scope=scope))
        assert listed == [row for row in in_scope if (row.project, row.item) in chosen]


async def test_a_clock_where_the_department_takes_part_no_longer_is_not_read(
    approvals: Approvals, shared_database_url: str
) -> None:
    clocks = ClocksAt(approvals.store, approvals.laws, at("12-31"), at("12-31"), scope=scope_of("land"))
    criteria = ClockFilter(department="land", limit=500)
    zone = ClocksAt(approvals.store, approvals.laws, at("12-31"), at("12-31"))
    whole = await zone.ends(criteria)
    left, *others = sorted({end.project for end in whole})
    assert others
    assert await clocks.ends(criteria) == whole

    with psycopg.connect(shared_database_url) as connection:
        connection.execute("UPDATE views.access_project SET departments = '{water}' WHERE project = %s", [left])
    allowed = [end for end in whole if end.project != left]
    assert await clocks.ends(criteria) == allowed
    assert await zone.ends(criteria) == whole
