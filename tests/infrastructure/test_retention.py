"""Retention: only what is past its time goes, the preview says how much, and the security log that it was done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest_asyncio

from infrastructure.identity.security_log import SecurityEvent, SecurityLog
from infrastructure.ledger.reader import Store
from infrastructure.retention import RetainedRecords, retained
from infrastructure.settings import Settings

NOW = datetime.now(UTC)
SETTINGS = Settings(data=Path())
SESSION = """
    INSERT INTO identity.session (digest, id, principal, method, address, browser, created_at, touched_at, expires_at)
    VALUES (%s, %s, 'chen', 'password', '', '', %s, %s, %s)
"""
DRAFT = """
    INSERT INTO process.application_draft (id, owner, project, item, content, created_at, saved_at, expires_at)
    VALUES (%s, 'chen', %s, 'land', '{}', %s, %s, %s)
"""
LINE = "INSERT INTO identity.security_log (at, kind) VALUES (%s, 'signed_in')"


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A database with one record of each kind that is past its time, and one that is not."""
    with psycopg.connect(database_url) as connection:
        for days in (0, 300):
            then = NOW - timedelta(days=days)
            connection.execute(SESSION, [uuid4().bytes, uuid4(), then, then, then + timedelta(hours=12)])
            connection.execute(DRAFT, [uuid4(), uuid4(), then, then, then + timedelta(days=90)])
            connection.execute(LINE, [then])
    opened = Store(database_url, 2)
    await opened.pool.open(wait=True)
    yield opened
    await opened.pool.close()


def figures(of: list[RetainedRecords]) -> dict[str, tuple[int, int, int]]:
    return {kind.name: (kind.records, kind.past, kind.removed) for kind in of if kind.records}


async def test_what_is_past_its_time_goes_and_nothing_else(store: Store) -> None:
    preview = figures(await retained(store, SETTINGS, NOW, remove=False))
    assert preview == {"sessions": (2, 1, 0), "drafts": (2, 1, 0), "security log": (2, 1, 0)}
    assert figures(await retained(store, SETTINGS, NOW, remove=False)) == preview

    removed = figures(await retained(store, SETTINGS, NOW, remove=True))
    assert removed == {"sessions": (2, 1, 1), "drafts": (2, 1, 1), "security log": (2, 1, 1)}
    left = figures(await retained(store, SETTINGS, NOW, remove=False))
    assert left == {"sessions": (1, 0, 0), "drafts": (1, 0, 0), "security log": (2, 0, 0)}
    (line, *_) = await SecurityLog(store).read(NOW - timedelta(hours=1), kind=SecurityEvent.RETENTION_APPLIED)
    assert line.detail == "1 sessions, 1 drafts, 1 security log"


async def test_every_kind_is_listed_with_its_retention(store: Store) -> None:
    kinds = await retained(store, SETTINGS, NOW, remove=False)
    assert len(kinds) == 7
    assert all(kind.stays for kind in kinds)
