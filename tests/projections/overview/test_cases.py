"""Applications at a step, page by page: late ones by their clocks or in their order, as one query has them."""

from __future__ import annotations

from random import Random

import psycopg
import pytest

from domain.project.state.step import CaseStep
from infrastructure.ledger.reader import Store
from projections.overview import steps
from projections.overview.steps import StepCase, step_cases, step_count
from projections.scope import Scope
from tests.effort import tried
from tests.projections.random_views import T, fill_views

PROJECTS = 150
# Of few instants, so that the rest of the order counts as well.
AT_RANDOM = """
    UPDATE views.item AS i SET application = 1, live = random() < 0.8,
        stage = (ARRAY['submitted', 'supplementing', 'accepted', 'accepted', 'completed'])[ceil(random() * 5)],
        awaiting = CASE WHEN random() < 0.3 THEN ARRAY['fire'] ELSE '{}' END,
        submitted_at = timestamptz '2026-05-01Z' + ceil(random() * 4) * interval '1 day',
        accepted_at = CASE WHEN random() < 0.5 THEN timestamptz '2026-05-09Z' END,
        delivered_at = CASE WHEN random() < 0.3 THEN timestamptz '2026-05-10Z' END
"""


async def pages(store: Store, scope: Scope, step: CaseStep, *, late: bool, limit: int) -> list[StepCase]:
    """All rows, a page of *limit* at a time, and one page more."""
    rows, last = list[StepCase](), True
    count = await step_count(store, T, scope, step)
    while last:
        page = await step_cases(store, T, scope, count, late=late, limit=limit, offset=len(rows))
        assert len(page) <= limit
        rows, last = [*rows, *page], bool(page)
    return rows


@pytest.mark.parametrize("seed", range(tried(3)))
async def test_pages_of_a_step_are_those_of_one_query(
    shared_database_url: str, store: Store, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_views(shared_database_url, Random(seed), PROJECTS)
    with psycopg.connect(shared_database_url) as connection:
        connection.execute("SELECT setseed(%s)", [seed / 10])
        connection.execute(AT_RANDOM)
    for register in ("", "old"):
        scope, lengths = Scope(register), dict[tuple[CaseStep, bool], int]()
        for step in CaseStep:
            for late in (False, True):
                summed = list[list[StepCase]]()
                for few_late in (0, 1):
                    monkeypatch.setattr(steps, "FEW_LATE", few_late)
                    summed += [await pages(store, scope, step, late=late, limit=limit) for limit in (1, 4, 500)]
                with monkeypatch.context() as without_sums:
                    without_sums.setattr(Scope, "sees_all", lambda *_: False)
                    count = await step_count(store, T, scope, step)
                    expected = await step_cases(store, T, scope, count, late=late, limit=500, offset=0)
                assert summed == [expected] * 6
                lengths[step, late] = len(expected)
            assert (lengths[step, False], lengths[step, True]) == (count.cases, count.late)
            assert lengths[step, False] > lengths[step, True] > 0
            beyond = await step_cases(store, T, scope, count, late=False, limit=5, offset=lengths[step, True] + 1)
            assert [row.is_late for row in beyond] == [False] * len(beyond)
