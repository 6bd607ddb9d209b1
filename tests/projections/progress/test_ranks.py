"""Pages in the order of harm, read rank by rank, are those of one query over every project, with the same cursors."""

from __future__ import annotations

from collections import Counter
from random import Random

import psycopg
import pytest
from msgspec import structs

from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Role
from infrastructure.ledger.reader import Store
from projections.progress.ordered import ORDERS, OrderedProject, ProgressSort, ProjectKey, ordered_query
from projections.progress.query import ProgressList, ProjectFilter
from projections.progress.ranks import RANKS, has_ranks, may_be_late, ordered_page
from projections.scope import Scope
from tests.effort import tried
from tests.projections.random_views import T, fill_views
from tests.projections.test_plans import plans_of

PROJECTS, HARM = 90, ProgressSort.HARM


async def by_one_query(store: Store, criteria: ProjectFilter, last: ProjectKey | None = None) -> list[OrderedProject]:
    """The rows that the query of every reader, filter and instant gives."""
    query, params = ordered_query(criteria, ORDERS[HARM], last)
    async with store.cursor() as cursor:
        await cursor.execute(query, params)
        return [OrderedProject.of(row) for row in await cursor.fetchall()]


def drawn(random: Random) -> ProjectFilter:
    """A filter under which pages are read rank by rank."""
    return ProjectFilter(
        t=T,
        scope=Scope(random.choice(["", "", "old"])),
        stuck=random.choice([None, None, True, False]),
        over=random.choice([None, None, True, False]),
        stale_days=random.choice([None, None, 3]),
        limit=random.choice([1, 2, 3, 7, 50]),
    )


@pytest.mark.parametrize("seed", range(tried(4)))
async def test_all_pages_are_those_of_one_query(shared_database_url: str, store: Store, seed: int) -> None:
    random, ranks = Random(seed), Counter[int]()
    fill_views(shared_database_url, random, PROJECTS)
    criteria = [ProjectFilter(t=T, limit=2), *(drawn(random) for _ in range(12))]
    for wanted in criteria:
        assert has_ranks(wanted)
        rows, last = list[OrderedProject](), None
        while page := await ordered_page(store, wanted, HARM, last):
            assert page == await by_one_query(store, wanted, last)
            assert len(page) <= wanted.limit
            rows, last = rows + page, page[-1].key
        assert len(rows) == await ProgressList(store).count(wanted)
        ranks.update(row.key[0] for row in rows)

    assert ranks.keys() == set(range(len(RANKS)))


@pytest.mark.parametrize(
    "chosen", [{"text": "名1"}, {"text": "Name"}, {"warned": "late"}, {"warned": "late", "text": "名"}]
)
async def test_late_ones_with_a_common_word_are_read_first(
    shared_database_url: str, store: Store, chosen: dict[str, str]
) -> None:
    fill_views(shared_database_url, Random(7), PROJECTS)
    with psycopg.connect(shared_database_url) as connection:
        connection.execute("UPDATE views.project SET enterprise = 'THE NAMED'")
    for over in (None, False):
        wanted = structs.replace(ProjectFilter(t=T, over=over, limit=2), **chosen)
        assert may_be_late(wanted, None)
        rows, last = list[OrderedProject](), None
        while page := await ordered_page(store, wanted, HARM, last):
            assert page == await by_one_query(store, wanted, last)
            rows, last = rows + page, page[-1].key
        assert len(rows) == await ProgressList(store).count(wanted) > 2
    plans = await plans_of(shared_database_url, lambda s: ordered_page(s, wanted, HARM, None))
    assert plans.count("CTE k\n") == 1
    assert not may_be_late(wanted, (1, None, rows[0].project.project))
    assert not may_be_late(structs.replace(wanted, manager="wang"), None)


@pytest.mark.parametrize("warned", ["late", "soon"])
async def test_filters_that_few_projects_match_are_read_by_one_query(
    shared_database_url: str, store: Store, warned: str
) -> None:
    fill_views(shared_database_url, Random(7), PROJECTS)
    manager = Scope(caller=Caller("wang", "", PrincipalKind.PERSON, Role.PROJECT_MANAGER))
    for wanted in (
        ProjectFilter(t=T, warned=warned),
        ProjectFilter(t=T, scope=manager),
        ProjectFilter(t=T, text="名1"),
    ):
        assert not has_ranks(wanted)
        rows = await ordered_page(store, wanted, HARM, None)
        assert rows == await by_one_query(store, wanted)
        assert rows


async def test_the_next_rank_is_read_only_where_the_page_is_not_full(shared_database_url: str, store: Store) -> None:
    fill_views(shared_database_url, Random(7), PROJECTS)
    rows = await by_one_query(store, ProjectFilter(t=T))
    late = sum(row.key[0] == 0 for row in rows)

    async def queries(limit: int) -> int:
        plans = await plans_of(
            shared_database_url, lambda s: ordered_page(s, ProjectFilter(t=T, limit=limit), HARM, None)
        )
        return plans.count("CTE k\n")

    assert [await queries(limit) for limit in (late, late + 1, len(rows) + 1)] == [1, 2, len(RANKS)]
