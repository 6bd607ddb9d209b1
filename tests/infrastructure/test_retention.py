"""Retention: only expired records are removed, the preview counts them, and a fact says which were removed by whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from msgspec import json

from domain.core.ledger import Actor, Role
from domain.retention.removal import RETENTION_STREAM, RecordsRemoved
from infrastructure.ledger.approvals import Approvals, CommandAnswer
from infrastructure.ledger.committer import BusyError
from infrastructure.retention import DAY, SERVERS, RecordRetention, RetentionReport, RetentionWorker
from infrastructure.settings import Settings

NOW = datetime.now(UTC)
SETTINGS = Settings(data=Path())
ZHAO = Actor("zhao", "", Role.ADMINISTRATOR)
SESSION = """
    INSERT INTO identity.session (digest, id, principal, method, address, browser, created_at, touched_at, expires_at)
    VALUES (%s, %s, 'chen', 'password', '', '', %s, %s, %s)
"""
DRAFT = """
    INSERT INTO process.application_draft (id, owner, project, item, content, created_at, saved_at, expires_at)
    VALUES (%s, 'chen', %s, 'land', '{}', %s, %s, %s)
"""
FORM = """
    INSERT INTO process.form_draft (owner, form, content, digests, saved_at, expires_at)
    VALUES ('chen', %s, '', '{}', %s, %s)
"""
LINE = "INSERT INTO identity.security_log (at, kind) VALUES (%s, 'signed_in')"
PAST = {"sessions": 1, "drafts": 1, "half_filled_forms": 1, "security_log": 1}


@pytest_asyncio.fixture
async def approvals(database_url: str) -> AsyncIterator[Approvals]:
    """A database with one expired record of some kinds, and one that has not expired."""
    fill(database_url, 0, 300)
    async with Approvals(database_url) as opened:
        yield opened


@pytest.fixture
def retention(approvals: Approvals) -> RecordRetention:
    return RecordRetention(approvals, SETTINGS)


def fill(url: str, *ages: int) -> None:
    with psycopg.connect(url) as connection:
        for days in ages:
            then = NOW - timedelta(days=days)
            connection.execute(SESSION, [uuid4().bytes, uuid4(), then, then, then + timedelta(hours=12)])
            connection.execute(DRAFT, [uuid4(), uuid4(), then, then, then + timedelta(days=90)])
            connection.execute(FORM, [str(uuid4()), then, then + timedelta(days=90)])
            connection.execute(LINE, [then])


def figures(report: RetentionReport) -> dict[str, tuple[int, int, int]]:
    return {kind.name: (kind.records, kind.past, kind.removed) for kind in report.kinds if kind.records}


async def recorded(approvals: Approvals) -> list[tuple[Actor, dict[str, int]]]:
    """Who removed what, by the facts."""
    entries = await approvals.history(RETENTION_STREAM)
    return [
        (entry.recorded.by, {each.rule: each.count for each in entry.fact.removed})
        for entry in entries
        if isinstance(entry.fact, RecordsRemoved)
    ]


async def test_what_is_past_its_time_goes_and_a_fact_says_the_numbers_of_the_preview(
    approvals: Approvals, retention: RecordRetention
) -> None:
    preview = await retention.preview()
    assert figures(preview) == dict.fromkeys(PAST, (2, 1, 0))
    assert figures(await retention.preview()) == figures(preview)
    assert await recorded(approvals) == []

    report = await retention.remove(ZHAO)

    assert figures(report) == dict.fromkeys(PAST, (2, 1, 1))
    assert await recorded(approvals) == [(ZHAO, {kind.name: kind.past for kind in preview.kinds if kind.past})]
    (entry,) = await approvals.history(RETENTION_STREAM)
    assert isinstance(entry.fact, RecordsRemoved)
    assert (entry.position, entry.fact.records) == (report.position, 4)
    assert {each.rule: each.stays for each in entry.fact.removed}["security_log"] == "180 days"
    assert figures(await retention.preview()) == dict.fromkeys(PAST, (1, 0, 0))
    assert await retention.remove(ZHAO) == RetentionReport((await retention.preview()).kinds, 0), "nothing, so no fact"
    assert len(await recorded(approvals)) == 1


async def test_every_kind_is_listed_with_how_long_it_stays(retention: RecordRetention) -> None:
    kinds = (await retention.preview()).kinds
    assert len(kinds) == 8
    assert all(kind.stays for kind in kinds)


async def test_servers_remove_once_a_day(approvals: Approvals, retention: RecordRetention, database_url: str) -> None:
    worker = RetentionWorker(retention)
    await worker.step()
    fill(database_url, 200)
    await worker.step()
    assert await recorded(approvals) == [(SERVERS, PAST)], "the second time is within a day"
    assert figures(await retention.remove(SERVERS, after=timedelta(0)))["sessions"] == (2, 1, 1)
    assert await retention.remove(SERVERS, after=DAY) == RetentionReport([])


async def test_a_removal_whose_process_was_killed_is_recorded_by_the_next(
    approvals: Approvals, retention: RecordRetention, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object) -> CommandAnswer:
        raise BusyError

    with monkeypatch.context() as killed:
        killed.setattr(approvals, "handle", refused)
        with pytest.raises(BusyError):
            await retention.remove(ZHAO)
    assert (figures(await retention.preview()), await recorded(approvals)) == (dict.fromkeys(PAST, (1, 0, 0)), [])

    await RetentionWorker(retention).step()
    await retention.record_noted()

    assert await recorded(approvals) == [(ZHAO, PAST)]


async def test_a_fact_that_was_recorded_before_its_note_was_deleted_is_not_recorded_twice(
    approvals: Approvals, retention: RecordRetention, database_url: str
) -> None:
    await retention.remove(ZHAO)
    (entry,) = await approvals.history(RETENTION_STREAM)
    assert isinstance(entry.fact, RecordsRemoved)
    removed, by = (json.encode(each).decode() for each in (entry.fact.removed, ZHAO))
    with psycopg.connect(database_url) as connection:
        note = [entry.recorded.command_id, removed, by, NOW]
        connection.execute("INSERT INTO process.removal VALUES (%s, %s, %s, %s)", note)
    assert await retention.record_noted() == entry.position
    assert (await retention.record_noted(), await recorded(approvals)) == (0, [(ZHAO, PAST)])
