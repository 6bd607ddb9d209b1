"""The tables of access: parties of each case as the ledger has them, grants with both times, who could do what when."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest_asyncio
from psycopg.rows import TupleRow

from domain.access.cases import item_case, project_case
from domain.core.ledger import Role
from domain.examples.access import ACCESS_STORY, AGENT, AUDITOR, OFFICER, PROGRAM
from domain.examples.people import moment
from infrastructure.ledger.approvals import Approvals
from projections.access.query import AccessBook
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.projections.zone import project_id, tell_zone

LATER = moment("2027-01-01 09:00")


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """A zone and its directory, projected."""
    hands = [at("02-20 08:00")]
    async with Approvals(shared_database_url, clock=lambda: hands[0]) as opened:
        for number, step in enumerate(ACCESS_STORY):
            hands[0] = step.at
            await opened.handle(step.stream, step.dated, step.by, project_id(f"access-{number}"))
        await tell_zone(opened, hands)
        project_all(shared_database_url)
        yield opened


PARTIES = "project, uscc, manager, departments"


async def rows(approvals: Approvals, table: str, columns: str = "*") -> list[TupleRow]:
    async with approvals.store.cursor() as cursor:
        await cursor.execute(f"SELECT {columns} FROM views.{table}".encode())
        return await cursor.fetchall()


async def test_every_row_is_the_case_that_the_ledger_has(approvals: Approvals) -> None:
    of_projects, of_items = await rows(approvals, "access_project"), await rows(approvals, "access_item")
    assert set(map(str, of_projects)) == set(map(str, await rows(approvals, "project", PARTIES))), (
        "the list tells it too"
    )
    assert len(of_projects) > 5
    for project, uscc, manager, departments in of_projects:
        case = project_case(await approvals.project(project))
        assert (uscc, manager, frozenset(departments)) == (case.uscc, case.manager, case.departments)
    assert len(of_items) > 20
    for project, item, department, countersigners in of_items:
        case = item_case(await approvals.project(project), item)
        assert (department, frozenset(countersigners)) == (case.department, case.countersigners)


def book(approvals: Approvals, on: str, known: datetime = LATER) -> AccessBook:
    return AccessBook(approvals.store, moment(on), known)


async def test_a_grant_held_on_a_day_is_listed_for_that_day(approvals: Approvals) -> None:
    (grant,) = await book(approvals, "2026-03-02 09:00").grants([AUDITOR])
    assert (grant.principal, grant.grant.role) == (AUDITOR, Role.AUDITOR)
    assert await book(approvals, "2026-02-20 09:30").grants([AUDITOR]) == [], "proposed, and not confirmed"
    assert await book(approvals, "2026-07-02 09:00").grants([AUDITOR]) == []


async def test_what_became_known_later_was_not_known_before(approvals: Approvals) -> None:
    """The withdrawal of 1 July was not known in June: by what was known then, the grant went on."""
    june = moment("2026-06-30 09:00")
    assert len(await book(approvals, "2026-07-02 09:00", june).grants([AUDITOR])) == 1
    assert await book(approvals, "2026-03-02 09:00", moment("2026-02-19 09:00")).grants([AUDITOR]) == []


async def test_a_deputy_is_listed_with_the_person_deputised_for(approvals: Approvals) -> None:
    (grant,) = await book(approvals, "2026-05-12 09:00").grants(["zhang.wei"])
    assert (grant.grant.deputy_of, grant.grant.over) == (OFFICER, "natural-resources")
    assert await book(approvals, "2026-05-15 09:00").grants(["zhang.wei"]) == [], "dismissed the day before"
    before = moment("2026-05-13 09:00")
    assert len(await book(approvals, "2026-05-15 09:00", before).grants(["zhang.wei"])) == 1, "not known yet"
    assert await book(approvals, "2026-05-18 09:00").grants(["zhang.wei"]) == []


async def test_a_merged_department_is_listed_from_its_day(approvals: Approvals) -> None:
    before = await book(approvals, "2026-07-14 09:00").grants([OFFICER])
    after = await book(approvals, "2026-07-15 09:00").grants([OFFICER])
    assert [held.grant.over for held in before] == ["natural-resources"]
    assert [held.grant.over for held in after] == ["natural-resources", "planning"]


async def test_the_agents_mandate_names_his_project_and_ends(approvals: Approvals) -> None:
    (grant,) = await book(approvals, "2026-03-02 09:00").grants([AGENT])
    assert grant.grant.as_agent
    assert len(grant.grant.projects) == 1
    assert await book(approvals, "2026-07-03 09:00").grants([AGENT]) == []


async def test_everyone_is_listed_and_so_are_keys(approvals: Approvals) -> None:
    listing = book(approvals, "2026-12-01 09:00")
    people = await listing.principals()
    assert [person.id for person in people] == sorted([OFFICER, AUDITOR, AGENT, PROGRAM])
    assert [person.id for person in people if person.closed_at] == [AUDITOR]
    assert [person.id for person in await listing.principals(OFFICER)] == [OFFICER]
    (key,) = await listing.keys(PROGRAM)
    assert (key.key, key.secrets, key.revoked_at) == ("tax2026a", 2, moment("2026-07-01 09:00"))
    (earlier,) = await book(approvals, "2026-12-01 09:00", moment("2026-05-01 09:00")).keys()
    assert (earlier.secrets, earlier.revoked_at) == (1, None)
