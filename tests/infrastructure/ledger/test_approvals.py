"""One way in: every command is answered, once, whatever happens around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio
from msgspec import structs
from psycopg_pool import PoolTimeout

from domain.core.ledger import CommandOrigin, Refused
from domain.core.plan import PlannedItem
from domain.examples.story import ENTERPRISE, MANAGER, STORY
from domain.messages import Entry, replay
from domain.project.application.note import NoteStep
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from infrastructure.ledger.append_batch import AppendItem, AppendStatus, Row
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.hash_chain import RawRow, Verifier
from infrastructure.ledger.mapper import StoredRow
from infrastructure.ledger.reader import walk
from tests.examples import IMPORTER

MISSED_RETURNED_MAX = 64  # rows of one stream that ledger.append returns at most
REGISTER = RegisterProject(
    name="Fab 2",
    enterprise=Enterprise("Hengxin"),
    manager="wang",
    items=tuple(PlannedItem(item=f"item-{n}", department="planning") for n in range(60)),
)


@pytest_asyncio.fixture
async def approvals(database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(database_url) as app:
        yield app


async def test_the_example_story_is_accepted_to_its_end(approvals: Approvals) -> None:
    project = uuid4()
    for step in STORY:
        await approvals.handle(project, step.dated, step.by, uuid4())

    history = await approvals.history(project)
    assert [entry.version for entry in history] == list(range(1, len(history) + 1))
    assert [entry.position for entry in history] == list(range(1, len(history) + 1))
    assert await approvals.project(project) == replay(project, history)
    assert await approvals.store.head() == len(history)


async def test_nothing_becomes_known_before_what_it_follows_on(approvals: Approvals, database_url: str) -> None:
    """A clock is set back by a day; another server's is behind, too. A date that the sender names stays as it is."""
    project, now, day = uuid4(), datetime.now(UTC), timedelta(days=1)
    async with Approvals(database_url, clock=lambda: now - day) as behind:
        approvals.clock = lambda: now
        await approvals.handle(project, REGISTER, MANAGER, uuid4())
        await behind.handle(project, NoteStep(activity="another server"), MANAGER, uuid4())
        await behind.handle(project, NoteStep(activity="dated", occurred_at=now - day), MANAGER, uuid4())
        approvals.clock = lambda: now - timedelta(hours=1)
        await approvals.handle(project, NoteStep(activity="set back"), MANAGER, uuid4())

    noted = (await approvals.history(project))[-3:]
    assert {entry.recorded_at for entry in noted} == {now}
    assert [now - entry.occurred_at for entry in noted] == [timedelta(0), day, timedelta(0)]


async def test_a_repeat_gets_the_first_answer_even_where_it_would_now_be_refused(approvals: Approvals) -> None:
    project, key = uuid4(), uuid4()
    first = await approvals.handle(project, REGISTER, MANAGER, key)
    await approvals.handle(project, SubmitItem(item="item-1"), ENTERPRISE, uuid4())

    again = await approvals.handle(project, REGISTER, MANAGER, key)

    assert (again.receipt, again.repeated) == (first.receipt, True)


async def test_a_key_used_for_something_else_is_refused(approvals: Approvals) -> None:
    project, key = uuid4(), uuid4()
    await approvals.handle(project, REGISTER, MANAGER, uuid4())
    await approvals.handle(project, SubmitItem(item="item-1"), ENTERPRISE, key)
    with pytest.raises(Refused) as refusal:
        await approvals.handle(project, SubmitItem(item="item-2"), ENTERPRISE, key)
    assert refusal.value.code == "key-reused"


async def test_fifty_officers_at_once_are_all_answered_and_nothing_twice(database_url: str) -> None:
    async with Approvals(database_url) as here, Approvals(database_url) as there:
        project = uuid4()
        await here.handle(project, REGISTER, MANAGER, uuid4())

        keys = [UUID(int=n) for n in range(1, 51)]
        answers = await asyncio.gather(
            *[
                app.handle(project, SubmitItem(item=f"item-{n}"), ENTERPRISE, key)
                for n, key in enumerate(keys)
                for app in (here, there)
            ]
        )

        history: list[Entry] = await here.history(project)
        assert len(history) == 51
        assert sorted(entry.recorded.command_id for entry in history[1:]) == keys
        assert sum(answer.repeated for answer in answers) == 50


async def test_another_processes_write_is_seen_before_a_refusal(database_url: str) -> None:
    async with Approvals(database_url) as here, Approvals(database_url) as there:
        project = uuid4()
        with pytest.raises(Refused, match="register"):
            await there.handle(project, SubmitItem(item="item-1"), ENTERPRISE, uuid4())
        await here.handle(project, REGISTER, MANAGER, uuid4())
        answer = await there.handle(project, SubmitItem(item="item-1"), ENTERPRISE, uuid4())
        assert answer.receipt.version == 2


async def test_a_version_conflict_returns_the_entries_missed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Approvals(database_url) as here, Approvals(database_url) as there:
        project = uuid4()
        for command, by in ((REGISTER, MANAGER), (SubmitItem(item="item-1"), ENTERPRISE)):
            await here.handle(project, command, by, uuid4())
        await there.handle(project, SubmitItem(item="item-2"), ENTERPRISE, uuid4())
        read = _reads_of(here, monkeypatch)
        answer = await here.handle(project, SubmitItem(item="item-3"), ENTERPRISE, uuid4())
        assert (read, answer.receipt.version) == ([], 4)
        assert await here.project(project) == await there.project(project)


async def test_a_conflict_with_too_many_missed_entries_reads_the_rest(database_url: str) -> None:
    async with Approvals(database_url) as here, Approvals(database_url) as there:
        project = uuid4()
        await here.handle(project, REGISTER, MANAGER, uuid4())
        for n in range(MISSED_RETURNED_MAX + 6):
            await there.handle(project, NoteStep(activity=f"{n}"), MANAGER, uuid4())
        answer = await here.handle(project, SubmitItem(item="item-1"), ENTERPRISE, uuid4())
        assert answer.receipt.version == 1 + MISSED_RETURNED_MAX + 6 + 1
        assert await here.project(project) == await there.project(project)


async def test_a_new_project_is_not_looked_for(approvals: Approvals, monkeypatch: pytest.MonkeyPatch) -> None:
    read = _reads_of(approvals, monkeypatch)
    project = uuid4()
    await approvals.handle(project, REGISTER, MANAGER, uuid4())
    await approvals.handle(project, SubmitItem(item="item-1"), ENTERPRISE, uuid4())
    assert read == []


@pytest.mark.parametrize("steps", [0, MISSED_RETURNED_MAX + 6])
async def test_a_project_that_another_process_registered_is_not_registered_again(database_url: str, steps: int) -> None:
    async with Approvals(database_url) as here, Approvals(database_url) as there:
        project, key = uuid4(), uuid4()
        first = await here.handle(project, REGISTER, MANAGER, key)
        for n in range(steps):
            await here.handle(project, NoteStep(activity=f"{n}"), MANAGER, uuid4())

        with pytest.raises(Refused) as refusal:
            await there.handle(project, structs.replace(REGISTER, name="Fab 3"), MANAGER, uuid4())
        assert refusal.value.code == "already-registered"
        async with Approvals(database_url) as third:
            again = await third.handle(project, REGISTER, MANAGER, key)
            assert (again.receipt, again.repeated) == (first.receipt, True)
            with pytest.raises(Refused, match="another command"):
                await third.handle(uuid4(), REGISTER, MANAGER, key)
        assert len(await here.history(project)) == 1 + steps
        assert await there.project(project) == await here.project(project)


async def test_missed_entries_are_returned_as_they_are_read(database_url: str) -> None:
    async with Approvals(database_url) as here:
        project = uuid4()
        for command, by in ((REGISTER, MANAGER), (SubmitItem(item="item-1"), ENTERPRISE)):
            await here.handle(project, command, by, uuid4())
        late = Row(2, b"step_noted", b"{}", b"{}", 0, 0, bytes(32))
        (first,) = await here.store.stream(project, limit=1)
        verdict = await here.committer.append(AppendItem(project, (late,), uuid4(), bytes(32), b"{}", first.hash))
        assert (verdict.status, list(verdict.missed)) == (
            AppendStatus.CONFLICT,
            await here.store.stream(project, after=1),
        )


async def test_an_importer_may_bring_what_was_recorded_before_it_happened(approvals: Approvals) -> None:
    project, happened, recorded = uuid4(), datetime(2014, 4, 14, tzinfo=UTC), datetime(2014, 4, 10, tzinfo=UTC)
    register = structs.replace(REGISTER, occurred_at=happened)
    await approvals.handle(project, register, IMPORTER, uuid4(), origin=CommandOrigin("log:1:1", recorded))

    (entry,) = await approvals.history(project)
    assert (entry.occurred_at, entry.recorded_at, entry.recorded.source) == (happened, recorded, "log:1:1")
    still_to_come = structs.replace(NoteStep(activity="a"), occurred_at=approvals.clock() + timedelta(hours=1))
    with pytest.raises(Refused, match="still to come"):
        await approvals.handle(project, still_to_come, IMPORTER, uuid4(), origin=CommandOrigin(recorded_at=recorded))


async def test_a_case_goes_on_under_the_law_it_was_begun_under(approvals: Approvals) -> None:
    old, ended = datetime(2010, 3, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)
    register = structs.replace(REGISTER, items=(), law="nl-wabo", occurred_at=old)
    with pytest.raises(Refused, match="no version of nl-wabo is the law on 2010-03-01"):
        await approvals.handle(uuid4(), register, MANAGER, uuid4())

    project = uuid4()
    await approvals.handle(project, register, IMPORTER, uuid4())
    await approvals.handle(project, NoteStep(activity="a", occurred_at=ended), MANAGER, uuid4())
    assert {entry.recorded.law for entry in await approvals.history(project)} == {"nl-wabo@2010-10-01"}


async def test_the_library_reads_what_was_handled(approvals: Approvals) -> None:
    project = uuid4()
    await approvals.handle(project, REGISTER, MANAGER, uuid4())
    entries = await asyncio.to_thread(lambda: list(approvals.events.get(project)))
    (fact,) = [entry.fact for entry in entries]  # type: ignore[attr-defined]  # the mapper returns entries
    assert fact.name == "Fab 2"
    log = await asyncio.to_thread(lambda: approvals.notification_log.select(start=1, limit=10))
    assert [(n.id, n.topic) for n in log] == [(1, "project_registered")]


async def test_reading_a_project_while_it_is_written_leaves_its_chain_whole(
    approvals: Approvals, database_url: str
) -> None:
    project = uuid4()
    await approvals.handle(project, REGISTER, MANAGER, uuid4())
    written = asyncio.Event()

    async def read() -> None:
        while not written.is_set():
            await approvals.project(project)

    readers = [asyncio.create_task(read()) for _ in range(4)]
    for n in range(60):
        await approvals.handle(project, SubmitItem(item=f"item-{n}"), ENTERPRISE, uuid4())
    written.set()
    await asyncio.gather(*readers)

    verifier = Verifier()
    with psycopg.connect(database_url, autocommit=True) as connection:
        for rows in walk(connection):
            verifier.take(map(RawRow.of, rows))
    assert (verifier.seq, verifier.faults) == (61, [])


async def test_connections_cut_again_and_again_never_leave_a_caller_waiting(
    approvals: Approvals, database_url: str
) -> None:
    project = uuid4()
    await approvals.handle(project, REGISTER, MANAGER, uuid4())
    async with asyncio.timeout(60):
        writes = asyncio.gather(
            *[_insist(approvals, uuid4(), uuid4()) for _ in range(40)],
        )
        for _ in range(5):
            await asyncio.to_thread(_cut_connections, database_url)
            await asyncio.sleep(0.02)
        positions = sorted(await writes)
    assert positions == list(range(2, 42))


def _reads_of(app: Approvals, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """After which version streams are read from now on; a list that grows."""
    read, rows = list[int](), app.streams.rows

    def note(stream: UUID, after: int = -1) -> Awaitable[list[StoredRow]]:
        read.append(after)
        return rows(stream, after)

    monkeypatch.setattr(app.streams, "rows", note)
    return read


async def _insist(approvals: Approvals, project: UUID, key: UUID) -> int:
    """Register as an integrator does: a failure to reach the database is answered with the same key again."""
    while True:
        try:
            return (await approvals.handle(project, REGISTER, MANAGER, key)).receipt.position
        except (psycopg.OperationalError, PoolTimeout):
            await asyncio.sleep(0.01)


def _cut_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
