"""How many commands go to the database at once: two crowds close behind each other, or one where it is slow."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import cycle
from time import monotonic
from uuid import uuid4

import psycopg
import pytest

from infrastructure.ledger import committer
from infrastructure.ledger.append_batch import AppendItem, AppendStatus, Row
from infrastructure.ledger.atomic.append import AtomicAppender
from infrastructure.ledger.committer import SLOW_MIN, Batch, Committer
from infrastructure.ledger.high_water import HighWater
from infrastructure.ledger.write_probe import SILENT_SECONDS_MAX, Health
from tests.effort import PATIENCE_SECONDS

CLIENTS, ROUNDS = 8, 4
STREAMS = 300
OPEN = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
READ = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'stream_pkey'"
ROW = Row(1, b"step_noted", b"{}", b"{}", 0, 0, bytes(32))


class Stored:
    """What ledger.append answers for so many items: all of them stored. Stands in for libpq's result."""

    def __init__(self, items: int) -> None:
        self._row = bytes(8), b"s" * items, None

    def get_value(self, _row: int, column: int) -> bytes | None:
        return self._row[column]


class Database:
    """Stores whatever it is sent, and remembers in what batches. Stands in for the lanes."""

    is_open = True

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.away = self.away_most = 0  # batches sent and not answered

    async def open(self) -> None:
        """It is always there."""

    def close(self) -> None:
        """Nothing to let go of."""

    def note_growth(self, position: int) -> None:
        """It has no plans."""

    def run(self, name: str, items: Sequence[AppendItem]) -> asyncio.Future[Stored]:
        if name == "append":
            self.batches.append(len(items))
            self.away += 1
            self.away_most = max(self.away, self.away_most)
        return asyncio.ensure_future(self._store(name, items))

    async def _store(self, name: str, items: Sequence[AppendItem]) -> Stored:
        await asyncio.sleep(0)
        self.away -= name == "append"
        return Stored(len(items))


async def worked(monkeypatch: pytest.MonkeyPatch, deciding_seconds: float) -> Database:
    """What the database saw when CLIENTS sent ROUNDS commands each, every one as soon as the last was answered."""
    database = Database()
    monkeypatch.setattr(committer, "DECIDING_SECONDS", deciding_seconds)
    monkeypatch.setattr(committer, "PipelineConnection", lambda *_, **__: database)
    monkeypatch.setattr(committer, "parameters", list)
    here = Committer("", CLIENTS)
    await here.open()

    async def work() -> None:
        for _ in range(ROUNDS):
            verdict = await here.append(AppendItem(uuid4(), (ROW,), uuid4(), bytes(32), b"{}"))
            assert verdict.status is AppendStatus.STORED

    await asyncio.gather(*[work() for _ in range(CLIENTS)])
    await here.close()
    return database


async def test_where_deciding_takes_longer_one_half_is_stored_while_the_other_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = await worked(monkeypatch, deciding_seconds=1.0)
    assert (database.batches, database.away_most) == ([4] * 8, 2)


async def test_where_the_database_takes_longer_all_share_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = (await worked(monkeypatch, deciding_seconds=0.0)).batches
    assert batches == [4] * (SLOW_MIN + 1) + [8] * 2


async def test_a_slow_batch_now_and_then_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, end_of = cycle([True] * (SLOW_MIN - 1) + [False]), Committer._end_of

    async def notify(here: Committer, batch: Batch) -> bool:
        await end_of(here, batch)
        return next(slow)

    monkeypatch.setattr(Committer, "_end_of", notify)
    assert (await worked(monkeypatch, deciding_seconds=0.0)).batches == [4] * 8


@pytest.mark.parametrize("watch_seconds", [60.0, -1.0])
async def test_whether_its_answers_are_watched_for_or_not_everyone_is_answered(
    monkeypatch: pytest.MonkeyPatch, watch_seconds: float
) -> None:
    monkeypatch.setattr(committer, "WATCHERS_MIN", 1)
    monkeypatch.setattr(committer, "WATCH_SECONDS_MAX", watch_seconds)
    assert sum((await worked(monkeypatch, deciding_seconds=1.0)).batches) == CLIENTS * ROUNDS


async def test_a_batch_that_gets_no_answer_is_trouble_until_it_does() -> None:
    health = Health("")
    health.sent_at = monotonic()
    assert await health.trouble() is None
    health.sent_at -= SILENT_SECONDS_MAX
    trouble = await health.trouble()
    assert trouble
    assert trouble.error == "an append had no answer for 10 s"


async def test_what_is_wrong_with_one_batch_is_no_trouble_of_the_next() -> None:
    health = Health("")
    health.fails(ValueError("can't be written down"))
    assert await health.trouble() is None


@pytest.mark.parametrize("together", [False, True])
async def test_a_batch_looks_through_no_other_streams_after_the_empty_ledger_was_analyzed(
    database_url: str, together: bool
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) ledger.stream")
        here, atomic = Committer(database_url, CLIENTS), AtomicAppender(database_url, HighWater(), lambda: None)
        await here.open()
        for _ in range(STREAMS):
            item = AppendItem(uuid4(), (ROW,), uuid4(), bytes(32), b"{}")
            verdict = await (atomic.append([item]) if together else here.append(item))
            assert verdict.status is AppendStatus.STORED
        await here.close()
        atomic.close()

        async with asyncio.timeout(PATIENCE_SECONDS):
            # What it has read is known once its session has ended, for which there is no event.
            while connection.execute(OPEN).fetchone() != (0,):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        (read,) = connection.execute(READ).fetchone() or (None,)
    assert read is not None
    assert read < STREAMS**2 / 4, "half of the squares where each batch looks through all streams"
