"""A verification that goes on from a checkpoint says what one of the whole ledger says, of what came since."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.examples.story import STORY
from infrastructure.ledger.approvals import Approvals
from infrastructure.verifier import checkpoint as checkpoints
from infrastructure.verifier.checkpoint import Checkpoint
from infrastructure.verifier.results import Coverage, Verification, read_results
from infrastructure.verifier.verify import Verified, verify
from infrastructure.verifier.worker import LedgerVerifier
from tests.conftest import database_in, name_of
from tests.infrastructure.verifier.tampering import BARE, ONE, ignore, rechain, send_story, tampered

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BEFORE = 6  # entries up to the first checkpoint


class GrownLedger(NamedTuple):
    """A ledger by the name of a database to be copied; a checkpoint in its middle, and what verifies at its end."""

    database: str
    since: Checkpoint
    whole: tuple[Verified, Checkpoint | None]


@pytest.fixture(scope="module")
def grown(server_url: str, migrated_template: str) -> Iterator[GrownLedger]:
    with database_in(server_url, migrated_template) as url:
        asyncio.run(send_story(url))
        _, since = verify(url, ignore)
        asyncio.run(go_on(url))
        whole = verify(url, ignore)
        assert since
        assert (since.position, whole[0].faults) == (BEFORE, [])
        yield GrownLedger(name_of(url), since, whole)


async def go_on(url: str) -> None:
    async with Approvals(url) as approvals:
        for step in STORY:
            await approvals.handle(UUID(int=3), step.dated, step.by, uuid4())


def test_going_on_gives_what_the_whole_gives(
    server_url: str, grown: GrownLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.verifier.walk.PAGE_ROWS_MAX", 3)
    with database_in(server_url, grown.database) as url:
        assert verify(url, ignore, since=grown.since) == grown.whole
        last = grown.whole[1]
        assert verify(url, ignore, since=last) == grown.whole, "nothing came since"
        assert last
        thin = last.thinned(2)
        assert len(thin.samples) <= 3
        assert verify(url, ignore, since=thin)[0] == grown.whole[0]


CUT = """
    DELETE FROM ledger.event WHERE seq > 5; DELETE FROM ledger.command WHERE seq > 5; UPDATE ledger.head SET seq = 5
"""
NEW = [  # what is done, at which position it shows (0: at any), and what is said
    ("UPDATE ledger.event SET data = data || ' ' WHERE seq = 8", 8, "does not match its hash"),
    ("DELETE FROM ledger.event WHERE seq = 8", 8, "positions jump from 7 to 9"),
    ("DELETE FROM ledger.command WHERE seq = 9", 9, "sent again, it would be carried out again"),
    ("UPDATE ledger.stream SET hash = sha256('x') WHERE stream = '00000000-0000-0000-0000-000000000003'", 0, "entries"),
    ("GRANT UPDATE ON ledger.event TO countersign_app", 0, "countersign_app has UPDATE on ledger.event"),
    ("DELETE FROM ledger.head", 0, "its head row is missing"),
    ("UPDATE ledger.event SET hash = sha256('x') WHERE seq = 6", 6, "an entry at position 6 is not what it was"),
    ("UPDATE ledger.command SET at = at + interval '1us' WHERE seq = 6", 6, "a stored answer at position 6"),
    (CUT, 6, "the ledger ends at 5, but the checkpoint was taken at 6"),
]


@pytest.mark.parametrize(("statements", "seq", "message"), NEW)
def test_what_was_done_since_is_named(
    server_url: str, grown: GrownLedger, statements: str, seq: int, message: str
) -> None:
    with database_in(server_url, grown.database) as url:
        tampered(url, statements)
        verified, checkpoint = verify(url, ignore, since=grown.since)
    assert checkpoint is None
    assert any(fault.seq == (seq or fault.seq) and message in fault.what for fault in verified.faults), verified.faults


def step(verifier: LedgerVerifier, url: str) -> dict[Coverage, Verification]:
    with psycopg.connect(url, autocommit=True) as connection:
        verifier.step(connection)
        return read_results(connection)


def test_the_server_verifies_new_entries_at_once_and_old_ones_in_their_turn(
    server_url: str, grown: GrownLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SAMPLES_MAX", 8)
    now = [NOW]
    with database_in(server_url, grown.database) as url:
        verifier = LedgerVerifier(url, tmp_path, lambda: now[0], timedelta(hours=24))
        first = step(verifier, url)
        assert {scope: result.position for scope, result in first.items()} == dict.fromkeys(
            Coverage, grown.whole[0].position
        )
        assert first[Coverage.NEW].commands == grown.whole[0].commands

        asyncio.run(send_more(url))
        now[0] += timedelta(hours=1)
        second = step(verifier, url)
        assert second[Coverage.NEW].position == grown.whole[0].position + 1
        assert second[Coverage.WHOLE] == first[Coverage.WHOLE]

        tampered(url, "UPDATE ledger.event SET occurred_at = occurred_at - interval '1 day' WHERE seq = 3")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(BARE.encode())
        rechain(url, ONE)
        tampered(url, "")
        assert step(verifier, url)[Coverage.NEW].fault_count == 0, "it looks at new entries"
        now[0] += timedelta(hours=24)
        result = step(verifier, url)[Coverage.WHOLE]
        assert (result.fault_count, "is not what it was" in result.faults[0].what) == (1, True)
        now[0] += timedelta(hours=1)
        assert step(verifier, url)[Coverage.WHOLE] == result, "it stays until the whole is verified again"


async def send_more(url: str) -> None:
    async with Approvals(url) as approvals:
        step = STORY[0]
        await approvals.handle(UUID(int=4), step.dated, step.by, uuid4())


def test_an_empty_ledger_is_left_alone(database_url: str, tmp_path: Path) -> None:
    assert step(LedgerVerifier(database_url, tmp_path, lambda: NOW, timedelta(hours=1)), database_url) == {}
