"""What is in force is the same, page by page, by the warnings whose clocks run as by the clock of each warning."""

from __future__ import annotations

from datetime import date
from itertools import product
from random import Random

import pytest
from msgspec import structs

from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Role
from domain.law.calendar.period import Period
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.reader import Store
from projections.scope import Scope
from projections.sums import ZONE
from projections.supervision import query
from projections.supervision.fold import WARNING, SignalRow
from projections.supervision.list import IN_FORCE, ListFilter, signal_key
from projections.supervision.query import SupervisionAt
from tests.effort import tried
from tests.projections.random_views import T, fill_views

PROJECTS = 80
MONTH, WEEK = Period(date(2026, 5, 1), date(2026, 6, 30)), Period(date(2026, 5, 26), date(2026, 6, 2))
SCOPES = (Scope(), Scope("old"), Scope(caller=Caller("li", "", PrincipalKind.PERSON, Role.OFFICER, "land")))


async def pages(store: Store, criteria: ListFilter) -> list[SignalRow]:
    """All rows, by pages that follow the last row of the one before, the second by its number."""
    rows = list[SignalRow]()
    while True:
        page = await SupervisionAt(store, law_book(), T, ZONE, criteria.scope).signal_page(criteria)
        rows += page.rows
        if not page.more:
            return rows
        if criteria.offset or criteria.last:
            criteria = structs.replace(criteria, offset=0, last=signal_key(rows[-1]))
        else:
            criteria = structs.replace(criteria, offset=len(rows))


@pytest.mark.parametrize("seed", range(tried(3)))
async def test_lists_of_what_is_in_force_agree(
    shared_database_url: str, store: Store, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_views(shared_database_url, Random(seed), PROJECTS)
    warnings = 0
    for scope, period, department, oldest_first in product(SCOPES, (MONTH, WEEK), ("", "land"), (False, True)):
        listed = []
        for unmoved, limit in (("false", None), ("true", None), ("true", 3), ("true", 40)):
            monkeypatch.setattr(query, "UNMOVED", f"SELECT {unmoved}")
            criteria = ListFilter(
                period=period,
                department=department,
                figure=IN_FORCE,
                oldest_first=oldest_first,
                scope=scope,
                limit=limit,
            )
            listed.append(await pages(store, criteria))
        by_clock, *by_running = listed
        assert by_running == [by_clock] * 3
        warnings += sum(row.level == WARNING for row in by_clock)
    assert warnings > len(SCOPES)
