"""Clocks that are wrong are reported, and date no fact."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from structlog.testing import capture_logs

from infrastructure.doctor import diagnose
from infrastructure.ledger import clock_check
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.clock_check import REFUSED_MAX, ClockWrongError, utc_now
from infrastructure.retention import SERVERS, RecordRetention
from infrastructure.settings import Settings
from infrastructure.watcher.watcher import POLL_SECONDS, Watcher
from tests.examples import APPLICANT, MANAGER
from tests.infrastructure.watcher.test_watcher import REGISTER, SUBMIT
from tests.watching import settle, table_of

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
WITHIN = 30 * SECOND  # of the database's time, on a machine that does ten other things


def off(by: timedelta) -> Callable[[], datetime]:
    """A machine's clock that is wrong."""
    return lambda: utc_now() + by


@pytest.mark.parametrize("by", [90 * DAY, -DAY, REFUSED_MAX + WITHIN, -REFUSED_MAX - WITHIN])
async def test_over_a_minute_off_takes_no_command(database_url: str, by: timedelta) -> None:
    async with Approvals(database_url, machine=off(by)) as approvals:
        with pytest.raises(ClockWrongError, match="ahead of" if by > timedelta(0) else "behind") as refused:
            await approvals.handle(uuid4(), REGISTER, MANAGER, uuid4())
        assert await approvals.store.head() == 0
    assert "the database's" in str(refused.value)


def time_of(url: str) -> datetime:
    """What the time is by the database's clock."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row
    now: datetime = row[0]
    return now


@pytest.mark.parametrize("by", [50 * SECOND, -50 * SECOND])
async def test_some_seconds_off_go_by_the_databases_clock(database_url: str, by: timedelta) -> None:
    project = uuid4()
    async with Approvals(database_url, machine=off(by)) as approvals:
        assert approvals.clocks.trouble
        before = time_of(database_url)
        await approvals.handle(project, REGISTER, MANAGER, uuid4())
        (entry,) = await approvals.history(project)
        after = time_of(database_url)
    assert entry.recorded_at == entry.occurred_at
    assert before - abs(by) / 2 < entry.recorded_at < after + abs(by) / 2


async def test_a_clock_that_is_right_is_left_alone(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        before = utc_now()
        assert before <= approvals.clock() <= utc_now()
        assert (approvals.clocks.trouble, approvals.clocks.refusal, approvals.clocks.note) == ("", "", "")


@pytest.mark.parametrize("by", [90 * DAY, 10 * SECOND, -DAY])
async def test_the_watcher_pauses_while_the_clocks_differ(
    database_url: str, by: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = uuid4()
    async with Approvals(database_url) as right:
        for who, command in ((MANAGER, REGISTER), (APPLICANT, SUBMIT)):
            await right.handle(project, command, who, uuid4())
    async with Approvals(database_url, machine=off(by)) as wrong, table_of(database_url) as table:
        watcher = Watcher(wrong, database_url)
        assert await watcher.take_lead(table)
        assert await settle(watcher, table) == 0
        monkeypatch.setattr(wrong.clocks, "_machine", utc_now)
        await wrong.clocks.look()
        assert await settle(watcher, table) > 0
        assert len(await wrong.history(project)) == 2


async def test_a_clock_that_is_set_is_noticed_with_the_next_command(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = [timedelta(0)]
    async with Approvals(database_url, machine=lambda: utc_now() + hands[0]) as approvals:
        await approvals.handle(uuid4(), REGISTER, MANAGER, uuid4())
        hands[0] = 90 * DAY
        monkeypatch.setattr(clock_check, "time", lambda: utc_now().timestamp() + hands[0].total_seconds())
        with pytest.raises(ClockWrongError):
            await approvals.handle(uuid4(), REGISTER, MANAGER, uuid4())
        hands[0] = timedelta(0)
        assert (await approvals.handle(uuid4(), REGISTER, MANAGER, uuid4())).receipt.position == 2


async def test_a_fact_of_the_future_is_reported_and_blocks_no_command(database_url: str) -> None:
    tomorrow = datetime.now(UTC) + DAY
    async with Approvals(database_url, clock=lambda: tomorrow) as early:
        await early.handle(uuid4(), REGISTER, MANAGER, uuid4())
    async with Approvals(database_url) as approvals:
        assert f"recorded at {tomorrow:%Y-%m-%dT%H:%M}" in approvals.clocks.note
        assert (await approvals.handle(uuid4(), REGISTER, MANAGER, uuid4())).receipt.position == 2


async def test_a_clock_that_was_set_is_logged_where_the_databases_is_the_same(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Approvals(database_url) as approvals:
        with capture_logs() as quiet:
            await approvals.clocks.look()
        monkeypatch.setattr(approvals.clocks, "_steady", approvals.clocks._steady - 3600)
        with capture_logs() as lines:
            await approvals.clocks.require_right()
    assert quiet == []
    assert [(line["event"], line["seconds"]) for line in lines] == [("clock_set", 3600)]


class MovedClock:
    """The clock of a single machine, on which the database runs too: it is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.by = timedelta(0)
        monkeypatch.setattr(clock_check, "time", lambda: self.now().timestamp())

    def now(self) -> datetime:
        """What it says."""
        return utc_now() + self.by

    @asynccontextmanager
    async def server(self, url: str) -> AsyncIterator[Approvals]:
        """What is started on the machine, with the database at *url*."""
        started = Approvals(url, machine=self.now)
        compared = started.clocks._database

        async def database() -> tuple[datetime, datetime | None]:
            at, newest = await compared()
            return at + self.by, newest

        started.clocks._database = database
        async with started as approvals:
            yield approvals


async def test_a_clock_set_ahead_by_days_is_not_gone_by_until_a_restart(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, project = MovedClock(monkeypatch), uuid4()
    async with clock.server(database_url) as approvals, table_of(database_url) as table:
        for who, command in ((MANAGER, REGISTER), (APPLICANT, SUBMIT)):
            await approvals.handle(project, command, who, uuid4())
        watcher, retention = Watcher(approvals, database_url), RecordRetention(approvals, Settings.of({}))
        assert await watcher.take_lead(table)
        assert await settle(watcher, table) > 0

        clock.by = 400 * DAY
        with pytest.raises(ClockWrongError, match="was set ahead since the server was started") as refused:
            await approvals.handle(uuid4(), REGISTER, MANAGER, uuid4())
        assert f"to {clock.now():%Y-%m-%dT}" in str(refused.value)
        with pytest.raises(ClockWrongError):
            await retention.remove(SERVERS)
        assert await settle(watcher, table) == 0
        assert await watcher._idle_seconds(table) == POLL_SECONDS  # though something is due by this clock
        assert len(await approvals.history(project)) == 2

        clock.by = 5 * HOUR  # as after a zone that was wrong
        assert (await approvals.handle(uuid4(), REGISTER, MANAGER, uuid4())).receipt.position == 3

    clock.by = 400 * DAY
    async with clock.server(database_url) as restarted:
        assert (await restarted.handle(uuid4(), REGISTER, MANAGER, uuid4())).receipt.position == 4


async def test_facts_of_a_clock_that_was_ahead_are_named_after_others_were_recorded(database_url: str) -> None:
    async with Approvals(database_url, clock=off(by=60 * 60 * SECOND)) as ahead:
        await ahead.handle(uuid4(), REGISTER, MANAGER, uuid4())
    async with Approvals(database_url) as approvals:
        await approvals.handle(uuid4(), REGISTER, MANAGER, uuid4())
        await approvals.clocks.look()
        assert approvals.clocks.note.startswith("the newest fact was recorded at")
    checks = {check.name: check for check in diagnose(Settings.of({"DATABASE_URL": database_url}), {})}
    assert "but the newest fact is of" in checks["clock"].detail
