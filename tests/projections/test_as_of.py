"""Lists as of any instant, as known at any other: the tables then are what the ledger alone says, row for row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import pytest
import pytest_asyncio
from msgspec import structs
from psycopg.sql import SQL

from domain.project.application.correction import AmendEntry, RetractEntry
from domain.project.information.recording import EnteredField, RecordInformation
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from projections.as_of import Folding, Past, Tables, _rows, tables_at
from projections.histories import HISTORIES
from projections.history.moment import PastMoment, TooMuchToReadError
from projections.information import query as information
from projections.information.query import InformationBook, InformationFilter, InformationPast
from projections.progress import query as progress_list
from projections.snapshots import Cursor, SnapshotReader, snapshot
from projections.sums import ZONE
from projections.waiting import query as waiting
from projections.waiting.query import WaitingFilter, WaitingRows
from tests.conftest import database_in
from tests.examples import BUREAU, MANAGER
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.projections.zone import project_id, tell_zone

END = "2027-01-01 09:00"
INSTANTS = ["03-31 09:00", "04-01 09:30", "04-02 12:00", "04-13 12:00", "05-07 09:00", "05-11 09:00", END]
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def zone_url(server_url: str, migrated_template: str) -> Iterator[str]:
    with database_in(server_url, migrated_template) as url:
        yield url


@pytest_asyncio.fixture(scope="module")
async def approvals(zone_url: str) -> AsyncIterator[Approvals]:
    """The zone, with one date amended, a submission retracted, and figures of a day after they were entered."""
    hands = [at("03-01")]
    async with Approvals(zone_url, clock=lambda: hands[0]) as opened:
        await tell_zone(opened, hands)
        hands[0] = at("05-20 09:00")
        amend = AmendEntry(version=2, new_occurred_at=at("04-03 09:00"), reasons="as the receipt says")
        await opened.handle(project_id("running"), amend, BUREAU, project_id("amend"))
        await figures_of_a_later_day(opened, project_id("late"))
        retract = RetractEntry(version=2, reasons="the wrong project")
        await opened.handle(project_id("silent"), retract, BUREAU, project_id("retract"))
        project_all(zone_url)
        project_all(zone_url, Projector(zone_url, HISTORIES))
        yield opened


async def figures_of_a_later_day(approvals: Approvals, project: UUID) -> None:
    """Figures of today that are then said to have been entered before the day that they are of."""
    enter = RecordInformation(category="basic", fields=(EnteredField(key="location", value="East 3"),))
    receipt = await approvals.handle(project, enter, MANAGER, uuid5(project, "entered"))
    early, known = at("05-01 09:00"), at("05-02 09:00")
    amend = AmendEntry(version=receipt.receipt.version, new_occurred_at=early, reasons="a slip", occurred_at=known)
    await approvals.handle(project, amend, BUREAU, uuid5(project, "amended"))


async def rows_of(approvals: Approvals, folding: Folding, past: Past | None) -> dict[str, Rows]:
    """All rows of the tables of *folding*, in their order."""
    async with tables_at(approvals.store, folding, past) as (cursor, tables):
        return await rows_in(cursor, folding, tables)


async def rows_in(cursor: Cursor, folding: Folding, tables: Tables) -> dict[str, Rows]:
    rows: dict[str, Rows] = {}
    for table in folding.tables:
        await cursor.execute(SQL("SELECT * FROM {} AS x").format(tables.of(table)), tables.params)
        rows[table.name] = sorted(await cursor.fetchall(), key=repr)
    return rows


async def rows_by_ledger(approvals: Approvals, folding: Folding, past: Past) -> dict[str, Rows]:
    """The same, of every project folded from the ledger."""
    async with snapshot(approvals.store) as cursor:
        await cursor.execute("SELECT s.stream FROM ledger.stream AS s WHERE s.kind = 'project'")
        every = [project for (project,) in await cursor.fetchall()]
        rows = await _rows(SnapshotReader(approvals.store, cursor, None), folding, past, every)
        return await rows_in(cursor, folding, Tables(PastMoment("", past.t, every), every, rows))


def foldings(day: datetime) -> Iterator[Folding]:
    yield waiting.PAST
    yield progress_list.PAST
    yield information.folding_of(InformationPast(day, day, ZONE), *information.TABLES.values())


@pytest.mark.parametrize("t", INSTANTS)
async def test_what_views_and_ledger_say_together_the_ledger_says_alone(approvals: Approvals, t: str) -> None:
    some = 0
    for known in INSTANTS:
        past = Past(at(t), at(known))
        for folding in foldings(at(t)):
            alone = await rows_by_ledger(approvals, folding, past)
            assert await rows_of(approvals, folding, past) == alone, (known, folding.tables)
            some += sum(map(len, alone.values()))
    assert some > 0 or t == INSTANTS[0]


async def test_as_of_now_is_what_the_views_say(approvals: Approvals) -> None:
    for folding in foldings(at(END)):
        live = await rows_of(approvals, folding, None)
        assert await rows_of(approvals, folding, Past(at(END), at(END))) == live
        assert all(live.values())


async def test_a_list_in_the_past_has_the_same_order_filters_and_pages(approvals: Approvals) -> None:
    now = at(END)
    table, waits = WaitingRows(approvals.store), WaitingFilter(department="land", limit=2)
    assert await table.listed(waits, Past(now, now)) == await table.listed(waits)
    assert await table.holders("land", 9, Past(now, now)) == await table.holders("land", 9)
    wanted = InformationFilter(text="fab", department="land", limit=2)
    assert (await InformationBook(approvals.store).listed(wanted)).count > 2
    live, past = InformationBook(approvals.store), InformationBook(approvals.store, InformationPast(now, now, ZONE))
    assert await past.listed(wanted) == await live.listed(wanted)

    early = InformationPast(at("04-01 09:30"), now, ZONE)
    listed = (await InformationBook(approvals.store, early).listed(InformationFilter())).rows
    assert max(row.registered_at for row in listed if row.registered_at) == at("04-01 09:00")
    submitted = await table.listed(WaitingFilter(holder="land"), Past(at("04-01 12:00"), at("04-01 12:00")))
    assert {(row.item, row.kind) for row in submitted} == {("land", "acceptance")}


async def test_more_hindsight_than_can_be_read_is_said(approvals: Approvals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.history.moment.PROJECTS_READ_MAX", 0)
    waits = WaitingRows(approvals.store)
    assert await waits.listed(WaitingFilter(), Past(at("05-07"), at("05-07")))
    assert await waits.listed(WaitingFilter(), Past(at("05-07"), at(END)))
    with pytest.raises(TooMuchToReadError):
        await waits.listed(WaitingFilter(), Past(at("05-07"), at("05-08")))


async def test_a_past_without_a_history_is_read_from_the_ledger(approvals: Approvals) -> None:
    for folding in foldings(at(END)):
        without, past = structs.replace(folding, histories=()), Past(at("05-07"), at("05-08"))
        assert await rows_of(approvals, without, past) == await rows_of(approvals, folding, past)
