"""The watcher makes facts of what clocks come to: once, in order, with other watchers at work, after any outage."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.core.ledger import Actor, CommandOrigin
from domain.core.plan import PlannedItem
from domain.core.types import Outcome, Stage
from domain.law.proof import ClockProof, Rung
from domain.messages import AnyCommand, Entry
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import AmendEntry
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.supervision.rescission import CardRescinded
from domain.project.supervision.signals import AcceptanceDeemed, CardIssued
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from infrastructure.watcher.watch_schedule import CheckedProject
from infrastructure.watcher.watcher import WATCHER, Watcher, laws_moved, versions_of
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER
from tests.infrastructure.projector.test_projector import project_all
from tests.watching import Hands, opened, settle, table_of, watch_once

REGISTER = RegisterProject(
    name="Fab 2",
    enterprise=Enterprise("Hengxin"),
    manager="wang",
    items=(PlannedItem(item="land", department="land", promise_days=7),),
)
NEVER_SECONDS, STOP_SECONDS_MAX = 3600, 30
SUBMIT = SubmitItem(item="land")
SILENCE = [  # in the order in which the law makes them true
    (Rung.WARNING, "03-07 00:00"),
    (Rung.ACCEPTANCE, "03-10 00:00"),
    (Rung.WARNING, "03-10 00:00"),  # the promise began with receipt
    (Rung.CARD, "03-10 00:00"),
]


async def begin(approvals: Approvals, project: UUID, *further: tuple[Actor, AnyCommand]) -> UUID:
    first: list[tuple[Actor, AnyCommand]] = [(MANAGER, REGISTER), (APPLICANT, SUBMIT)]
    for by, command in (*first, *further):
        await approvals.handle(project, command, by, uuid4())
    return project


async def recorded(approvals: Approvals, project: UUID) -> list[tuple[Rung, str]]:
    """The rungs the watcher recorded, and the local time at which each was passed."""
    return [
        (proof.rung, f"{entry.occurred_at.astimezone(approvals.clock().tzinfo):%m-%d %H:%M}")
        for entry in await approvals.history(project)
        if (proof := proof_in(entry)) is not None
    ]


def proof_in(entry: Entry) -> ClockProof | None:
    proof = getattr(entry.fact, "proof", None)
    return proof if isinstance(proof, ClockProof) and entry.recorded.by == WATCHER else None


async def test_each_rung_is_recorded_once_in_order_with_rule_calendar_and_evidence(database_url: str) -> None:
    hands = Hands("2026-03-02 09:00")
    async with opened(database_url, hands) as approvals:
        project = await begin(approvals, uuid4())
        for day in (3, 6, 7, 9, 10, 11):
            hands.at(f"2026-03-{day:02} 00:00")
            await watch_once(database_url, approvals)

        assert await recorded(approvals, project) == SILENCE
        proofs = [proof for entry in await approvals.history(project) if (proof := proof_in(entry))]
        assert {proof.rule for proof in proofs} == {"cn-licensing@2019-04-23"}
        assert all(proof.calendar.startswith("CN/") and proof.evidence == (2,) for proof in proofs[:1])
        state = await approvals.project(project)
        assert (state.items["land"].stage, str(state.items["land"].deemed_on)) == (Stage.ACCEPTED, "2026-03-02")


async def test_ten_days_of_downtime_over_a_holiday_change_nothing_recorded(database_url: str) -> None:
    hands = Hands("2026-09-21 09:00")
    async with opened(database_url, hands) as approvals:
        project = await begin(approvals, uuid4(), (LAND, AcceptItem(item="land")))
        await watch_once(database_url, approvals)
        hands.at("2026-10-11 08:30")
        await watch_once(database_url, approvals)

        assert await recorded(approvals, project) == [(Rung.WARNING, "09-30 00:00"), (Rung.CARD, "10-09 00:00")]
        card = next(entry for entry in await approvals.history(project) if isinstance(entry.fact, CardIssued))
        assert card.recorded_at == hands.now


async def test_with_nothing_new_nothing_is_read_again(database_url: str) -> None:
    hands = Hands("2026-03-02 09:00")
    async with opened(database_url, hands) as approvals, table_of(database_url) as table:
        for _ in range(5):
            await begin(approvals, uuid4())
        watcher = Watcher(approvals, database_url)
        await settle(watcher, table)

        assert await watcher.step(table) == 0
        assert await table.next() == datetime.fromisoformat("2026-03-07T00:00:00+08:00")
        hands.at("2026-03-07 00:00")
        assert await settle(watcher, table) == 10  # five projects, and what was recorded of them
        assert await watcher.step(table) == 0


async def test_two_watchers_at_once_say_everything_once(database_url: str) -> None:
    """One of them leads; but one that has just lost the lead may still be writing."""
    hands = Hands("2026-03-02 09:00")
    async with opened(database_url, hands) as first, opened(database_url, hands) as other:
        projects = [await begin(first, uuid4()) for _ in range(8)]
        hands.at("2026-03-10 00:00")
        async with table_of(database_url) as table, table_of(database_url) as second:
            assert await Watcher(first, database_url).take_lead(table)
            assert not await Watcher(other, database_url).take_lead(second)
            await asyncio.gather(
                settle(Watcher(first, database_url), table), settle(Watcher(other, database_url), second)
            )
            await settle(Watcher(first, database_url), table)

        for project in projects:
            assert await recorded(first, project) == SILENCE


async def test_a_correction_takes_cards_back_with_its_cause_and_both_stay(database_url: str) -> None:
    hands = Hands("2026-03-02 09:00")
    async with opened(database_url, hands) as approvals:
        project = await begin(approvals, uuid4(), (LAND, AcceptItem(item="land")))
        hands.at("2026-03-12 00:00")
        await watch_once(database_url, approvals)
        hands.at("2026-03-12 09:30")
        in_time = datetime.fromisoformat("2026-03-11T16:00:00+08:00")
        done = CompleteItem(occurred_at=in_time, item="land", outcome=Outcome.GRANTED)
        cause = await approvals.handle(project, done, LAND, uuid4())
        await watch_once(database_url, approvals)

        entries = await approvals.history(project)
        (card,) = [entry.fact for entry in entries if isinstance(entry.fact, CardIssued)]
        (rescinded,) = [entry.fact for entry in entries if isinstance(entry.fact, CardRescinded)]
        assert (rescinded.card, rescinded.cause) == (card.card, cause.receipt.version)


async def test_after_a_notice_it_looks_first_at_what_the_notice_can_move(database_url: str) -> None:
    hands = Hands("2026-03-02 09:00")
    async with opened(database_url, hands) as approvals, table_of(database_url) as table:
        done = CompleteItem(item="land", outcome=Outcome.GRANTED)
        closed = [await begin(approvals, uuid4(), (LAND, AcceptItem(item="land")), (LAND, done)) for _ in range(3)]
        running = [await begin(approvals, uuid4(), (LAND, AcceptItem(item="land"))) for _ in range(3)]
        await watch_once(database_url, approvals)
        project_all(database_url)
        with psycopg.connect(database_url) as connection:  # of these only what was granted has still to be delivered
            connection.execute("UPDATE views.clock SET closed = true WHERE project = ANY(%s)", [closed])
        later, now = uuid4(), hands.now
        await table.note_calendars("CN=2", ["cn-licensing@2019-04-23"], now)
        assert set(await table.due(now, 10)) == set(running)
        await begin(approvals, later)
        await table.note_news(now)
        assert set(await table.due(now, 10)) == {*running, later}, "what is new need not wait for the others"
        await table.reschedule([CheckedProject(project, 9, None) for project in (*running, later)])
        assert set(await table.due(now, 2)) < set(closed)
        assert set(await table.due(now, 10)) == set(closed)
        await table.reschedule([CheckedProject(project, 9, None) for project in closed])
        assert await table.due(now, 10) == []


def test_a_notice_moves_the_laws_of_its_calendar_alone() -> None:
    laws = law_book()
    versions = versions_of(laws)
    assert laws_moved(laws, versions) == []
    assert set(laws_moved(laws, versions.replace("NL=", "NL=older"))) == {
        name for name in laws.names if laws.pack(name).calendar == "NL"
    }
    assert laws_moved(laws, "") == list(laws.names)


async def test_after_a_change_of_the_rules_it_looks_at_every_project_again(database_url: str) -> None:
    """The calendars are the same, and what was stored names the rules of another release."""
    hands = Hands("2026-03-02 09:00")
    async with opened(database_url, hands) as approvals, table_of(database_url) as table:
        for _ in range(2):
            await begin(approvals, uuid4())
        await watch_once(database_url, approvals)
        assert await watch_once(database_url, approvals) == 0
        rules, _, calendars = versions_of(law_book()).partition(",")
        for known in (f"{rules}0,{calendars}", calendars):
            with psycopg.connect(database_url) as connection:
                connection.execute("UPDATE watch.position SET calendars = %s", [known])
            assert laws_moved(law_book(), known) == list(law_book().names)
            assert await watch_once(database_url, approvals) == 2
            assert await table.calendars() == versions_of(law_book())


async def test_a_watcher_without_its_cache_records_nothing_twice(database_url: str) -> None:
    hands = Hands("2026-03-02 09:00")
    async with opened(database_url, hands) as approvals:
        project = await begin(approvals, uuid4())
        hands.at("2026-03-10 00:00")
        await watch_once(database_url, approvals)
        with psycopg.connect(database_url) as connection:
            connection.execute("DELETE FROM watch.project")
            connection.execute("UPDATE watch.position SET seq = 0, calendars = ''")
        later = datetime.fromisoformat("2026-03-03T10:00:00+08:00")
        await approvals.handle(
            project, AmendEntry(version=2, new_occurred_at=later, reasons="a day later"), BUREAU, uuid4()
        )
        hands.at("2026-03-12 00:00")
        await watch_once(database_url, approvals)

        entries = await approvals.history(project)
        assert sum(isinstance(entry.fact, AcceptanceDeemed) for entry in entries) == 2  # and one is rescinded
        ids = Counter(entry.recorded.command_id for entry in entries)
        assert max(ids.values()) == 1
        assert await watch_once(database_url, approvals) == 0


async def test_thresholds_passed_before_an_import_are_not_recorded(database_url: str) -> None:
    """A log of old cases must not turn into cards of today; what its open cases come to from now on does."""
    hands = Hands("2010-03-01 09:00")
    long_ago = hands.now
    async with opened(database_url, hands) as approvals:
        project = uuid4()
        hands.now = stored_now(database_url)
        for command in (REGISTER, SUBMIT):
            await approvals.handle(project, command, WATCHER, uuid4(), origin=CommandOrigin("old:1", long_ago))
        await watch_once(database_url, approvals)
        assert await recorded(approvals, project) == []

        with_us = uuid4()
        for command in (REGISTER, SUBMIT):
            await approvals.handle(with_us, command, WATCHER, uuid4(), origin=CommandOrigin("old:2", hands.now))
        hands.now += timedelta(days=40)
        await watch_once(database_url, approvals)
        assert [rung for rung, _ in await recorded(approvals, project)] == []
        assert Rung.ACCEPTANCE in [rung for rung, _ in await recorded(approvals, with_us)]


def stored_now(url: str) -> datetime:
    """The server's time: by it the ledger notes when a command was stored."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    now: datetime = row[0]
    return now


@contextmanager
def running(watcher: Watcher) -> Iterator[asyncio.Task[None]]:
    task = asyncio.get_running_loop().create_task(watcher.run())
    try:
        yield task
    finally:
        watcher.stop()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until *condition*, a coroutine function, comes true."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110  it is looked up in the ledger
            await asyncio.sleep(0.05)


async def test_it_wakes_by_itself_and_goes_on_after_its_connection_was_cut(database_url: str) -> None:
    hands = Hands("2026-03-02 09:00")
    async with opened(database_url, hands) as approvals:
        watcher = Watcher(approvals, database_url)
        with running(watcher) as task:
            project = await begin(approvals, uuid4())

            async def warned() -> bool:
                return len(await recorded(approvals, project)) == 1

            async def silent() -> bool:
                return len(await recorded(approvals, project)) == len(SILENCE)

            hands.at("2026-03-07 00:00")
            await until(warned)
            with psycopg.connect(database_url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            hands.at("2026-03-10 00:00")
            await until(silent)
        await task
        assert await recorded(approvals, project) == SILENCE


async def test_it_stops_on_a_signal_whatever_it_waits_for(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.watcher.watcher.POLL_SECONDS", NEVER_SECONDS)
    waits, waiting = asyncio.Event(), Watcher._is_notified

    async def is_news(watcher: Watcher, *args: Any) -> bool:
        asyncio.get_running_loop().call_soon(waits.set)
        return await waiting(watcher, *args)

    monkeypatch.setattr(Watcher, "_is_notified", is_news)
    async with opened(database_url, Hands("2026-03-02 09:00")) as approvals:
        with running(Watcher(approvals, database_url)) as task:
            await asyncio.wait_for(waits.wait(), STOP_SECONDS_MAX)
        await asyncio.wait_for(task, STOP_SECONDS_MAX)
