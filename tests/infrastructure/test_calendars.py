"""Notices applied here are counted by here, in every process, and no view takes a calendar for a project."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from domain.calendar.notice import ApplyNotice, ApproveNotice
from domain.calendar.state import Calendar, stream_of
from domain.core.ledger import Refused
from domain.core.plan import PlannedItem
from domain.examples.calendar import CALENDAR, CALENDAR_STORY, HEAD, NEXT_YEAR, SUDDEN
from domain.examples.story import BUREAU, ENTERPRISE, MANAGER
from domain.messages import Entry
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from infrastructure.calendar.calendars import Calendars, laws_now
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.hash_chain import RawRow, Verifier
from infrastructure.ledger.reader import walk
from infrastructure.projector.histories import histories
from infrastructure.projector.positions import Views
from infrastructure.projector.rebuild import rebuild
from projections.progress.query import ProgressList, ProjectFilter
from projections.registry import VIEWS
from tests.infrastructure.projector.test_projector import project_all

STREAM = stream_of(CALENDAR)
REGISTER = RegisterProject(
    name="Fab 2",
    enterprise=Enterprise("Hengxin"),
    manager="wang",
    items=(PlannedItem(item="land", department="natural-resources"),),
)
AFTER_ALL = date(2026, 6, 1)


@pytest_asyncio.fixture
async def approvals(database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(database_url) as app:
        yield app


async def send_story(approvals: Approvals) -> None:
    """The example story, to its end."""
    for step in CALENDAR_STORY:
        await approvals.handle(STREAM, step.dated, step.by, uuid4())


async def test_a_notice_is_counted_by_once_it_is_applied_and_not_before(approvals: Approvals) -> None:
    calendars = Calendars(approvals)
    shipped = (await calendars.laws()).calendars()[CALENDAR].as_known(AFTER_ALL)
    assert shipped.provisional(date(2027, 2, 8))

    await approvals.handle(STREAM, NEXT_YEAR, BUREAU, uuid4())
    assert await calendars.refresh()
    assert not await calendars.refresh()
    assert (await calendars.laws()).calendars()[CALENDAR].as_known(AFTER_ALL).version == shipped.version

    await approvals.handle(STREAM, ApplyNotice(calendar=CALENDAR, notice=NEXT_YEAR.notice), BUREAU, uuid4())
    assert await calendars.refresh()
    book = approvals.laws.calendars()[CALENDAR]
    applied = book.as_known(AFTER_ALL)
    assert applied.version != shipped.version
    assert (applied.provisional(date(2027, 2, 8)), applied.is_working(date(2027, 2, 8))) == (False, False)
    assert book.as_known(date(2026, 5, 10)).version == shipped.version, "it counts from the day it was published"
    assert law_book().calendars()[CALENDAR].as_known(AFTER_ALL).version == shipped.version, "here, not everywhere"


async def test_what_one_process_applies_the_others_count_by(database_url: str) -> None:
    async with Approvals(database_url) as here, Approvals(database_url) as there:
        calendars = Calendars(there)
        before = await calendars.laws()
        await send_story(here)
        await calendars.refresh()

        assert before.calendars()[CALENDAR].as_known(AFTER_ALL).is_working(date(2026, 4, 3))
        after = await calendars.laws()
        assert not after.calendars()[CALENDAR].as_known(AFTER_ALL).is_working(date(2026, 4, 3))
        with psycopg.connect(database_url) as connection:
            read = laws_now(connection, law_book())
        version = after.calendars()[CALENDAR].as_known(AFTER_ALL).version
        assert read.calendars()[CALENDAR].as_known(AFTER_ALL).version == version
        assert read.pack("cn-licensing@2019-04-23") is law_book().pack("cn-licensing@2019-04-23")


async def test_a_region_counts_by_the_notices_of_the_calendar_it_stacks_on(approvals: Approvals) -> None:
    await send_story(approvals)
    calendars = Calendars(approvals)
    await calendars.refresh()
    for book in approvals.laws.calendars().values():
        if book.data.stacks_on == CALENDAR:
            assert not book.as_known(AFTER_ALL).is_working(date(2026, 4, 3))
    assert not calendars.is_shipped(CALENDAR, NEXT_YEAR.notice)
    assert calendars.is_shipped(CALENDAR, "CN-2026")


async def test_a_repeat_is_answered_and_a_second_person_asked_for(approvals: Approvals) -> None:
    key = uuid4()
    first = await approvals.handle(STREAM, SUDDEN, BUREAU, key)
    again = await approvals.handle(STREAM, SUDDEN, BUREAU, key)
    assert (again.receipt, again.repeated) == (first.receipt, True)

    approve = ApproveNotice(calendar=CALENDAR, notice=SUDDEN.notice)
    with pytest.raises(Refused) as refusal:
        await approvals.handle(STREAM, approve, BUREAU, uuid4())
    assert refusal.value.code == "second-person"
    assert (await approvals.handle(STREAM, approve, HEAD, uuid4())).receipt.version == 2


async def test_a_calendar_is_no_project_and_a_project_no_calendar(approvals: Approvals) -> None:
    await approvals.handle(STREAM, NEXT_YEAR, BUREAU, uuid4())
    project = uuid4()
    await approvals.handle(project, REGISTER, MANAGER, uuid4())

    for stream, command, by in (
        (STREAM, REGISTER, MANAGER),
        (STREAM, SubmitItem(item="land"), ENTERPRISE),
        (project, SUDDEN, BUREAU),
    ):
        with pytest.raises(Refused) as refusal:
            await approvals.handle(stream, command, by, uuid4())
        assert refusal.value.code == "wrong-stream"
    assert isinstance(await approvals.state(STREAM), Calendar)
    assert (await approvals.project(STREAM)).version == 0
    with pytest.raises(Refused) as refusal:  # an unused id is that of no calendar
        await approvals.handle(uuid4(), SUDDEN, BUREAU, uuid4())
    assert refusal.value.code == "wrong-calendar"


async def test_the_views_and_the_exports_pass_a_calendar_by(approvals: Approvals, database_url: str) -> None:
    await send_story(approvals)
    answer = await approvals.handle(uuid4(), REGISTER, MANAGER, uuid4())
    assert project_all(database_url) == answer.receipt.position
    views = Views(approvals.store)

    await views.catch_up(answer.receipt.position)
    assert [row.name for row in await ProgressList(approvals.store).page(ProjectFilter(t=approvals.clock()))] == [
        "Fab 2"
    ]
    rebuilt = rebuild(database_url, VIEWS)
    assert (rebuilt.differences, rebuilt.projects, rebuilt.entries) == ((), 1, answer.receipt.position)
    assert [len(entries) for entries in histories(database_url)] == [1]


async def test_a_calendars_entries_are_chained_like_all_others(approvals: Approvals, database_url: str) -> None:
    await send_story(approvals)
    history: list[Entry] = await approvals.history(STREAM)
    assert [entry.version for entry in history] == list(range(1, len(CALENDAR_STORY) + 1))
    assert {entry.recorded.law for entry in history} == {"cn-licensing@2019-04-23"}

    verifier = Verifier()
    with psycopg.connect(database_url) as connection:
        for rows in walk(connection):
            verifier.take(map(RawRow.of, rows))
    assert (verifier.faults, len(verifier.heads)) == ([], 1)
    assert history[0].occurred_at == datetime.fromisoformat("2026-04-03T15:00:00+08:00")
