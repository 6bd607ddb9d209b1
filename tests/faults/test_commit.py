"""Commits that go wrong in every way there is: each command is answered, and is stored once or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from select import select
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio
from psycopg.pq.abc import PGresult

from domain.core.types import TEXT_CHARACTERS_MAX
from domain.examples.story import MANAGER
from domain.project.application.note import NoteStep
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure.ledger import committer
from infrastructure.ledger.append_batch import APPEND, HASH_BYTES, AppendItem, Row, parameters
from infrastructure.ledger.approvals import Approvals, CommandAnswer
from infrastructure.ledger.pipeline_connection import ConnectionLostError, PipelineConnection
from tests.effort import PATIENCE_SECONDS
from tests.faults.ledgers import DISK_FULL, command_ends
from tests.faults.processes import APPENDING, cut_connections, wait_until, waiting_for_locks

REGISTER = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang")
MANY = 30  # notes of 12 kB: more than the buffers of a connection hold
NOWHERE = "postgresql:///?host=/nowhere"


@pytest_asyncio.fixture
async def approvals(database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(database_url) as app, asyncio.timeout(PATIENCE_SECONDS):
        yield app


async def register(approvals: Approvals, key: UUID, project: UUID | None = None) -> CommandAnswer:
    return await approvals.handle(project or uuid4(), REGISTER, MANAGER, key)


def lose_answers(monkeypatch: pytest.MonkeyPatch, count: int, meanwhile: Callable[[], object] = lambda: None) -> None:
    """The connection is lost after each of the next *count* appends is stored; *meanwhile* happens before the next."""
    lost: list[PGresult] = []
    run = PipelineConnection.run

    async def run_and_lose(lane: PipelineConnection, name: str, params: Sequence[bytes | None]) -> PGresult:
        result = await run(lane, name, params)
        if name == "append" and len(lost) < count:
            lost.append(result)
            lane.close()
            meanwhile()
            raise ConnectionLostError("the answer never came")
        return result

    monkeypatch.setattr(PipelineConnection, "run", lambda *sent: asyncio.ensure_future(run_and_lose(*sent)))


async def test_a_commit_cut_short_is_made_once(approvals: Approvals, database_url: str) -> None:
    keys = [uuid4() for _ in range(20)]
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM ledger.head FOR UPDATE")
        commands = [asyncio.create_task(register(approvals, key)) for key in keys]
        for _ in range(3):
            await asyncio.to_thread(wait_until, lambda: waiting_for_locks(database_url) == 1, "the commit waits")
            await asyncio.to_thread(cut_connections, database_url, APPENDING)
        assert not any(command.done() for command in commands)

    answers = await asyncio.gather(*commands)

    assert command_ends(database_url) == {
        key: answer.receipt.position for key, answer in zip(keys, answers, strict=True)
    }


async def test_a_commit_whose_answer_is_lost_is_found_again(
    approvals: Approvals, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, keys = uuid4(), [uuid4() for _ in range(4)]
    await register(approvals, keys[0], project)
    lose_answers(monkeypatch, 2)
    answers = [await approvals.handle(project, NoteStep(activity=f"{key}"), MANAGER, key) for key in keys[1:]]

    assert [answer.receipt.position for answer in answers] == [2, 3, 4]
    assert [answer.repeated for answer in answers] == [True, False, False]
    assert command_ends(database_url) == {key: n for n, key in enumerate(keys, 1)}


async def test_a_full_disk_is_reported_at_once(approvals: Approvals, database_url: str) -> None:
    project, key = uuid4(), uuid4()
    with psycopg.connect(database_url) as other:
        other.execute(DISK_FULL)
    with pytest.raises(psycopg.errors.DiskFull):
        await register(approvals, key, project)

    with psycopg.connect(database_url) as other:
        assert other.execute("SELECT last_value FROM ledger.attempts").fetchone() == (1,)
        other.execute("DROP TRIGGER disk_full ON ledger.event")
    assert (await register(approvals, key, project)).receipt.position == 1


async def test_a_full_disk_does_not_say_that_what_was_sent_before_is_not_stored(
    approvals: Approvals, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, key = uuid4(), uuid4()
    with psycopg.connect(database_url, autocommit=True) as other:
        lose_answers(monkeypatch, 1, lambda: other.execute(DISK_FULL))
        with pytest.raises(ConnectionLostError, match="no space left"):
            await register(approvals, key, project)
        other.execute("DROP TRIGGER disk_full ON ledger.event")
    answer = await register(approvals, key, project)
    assert (answer.receipt.position, answer.repeated) == (1, True)


async def test_a_client_that_reads_no_answers_blocks_no_appends(approvals: Approvals, database_url: str) -> None:
    project = uuid4()
    await register(approvals, uuid4(), project)
    for n in range(MANY):
        await approvals.handle(project, NoteStep(activity=f"{n}", reason="长" * TEXT_CHARACTERS_MAX), MANAGER, uuid4())

    late = Row(1, b"step_noted", b"{}", b"{}", 0, 0, bytes(HASH_BYTES))
    with closing(PipelineConnection(database_url, {"append": APPEND})) as frozen:
        await frozen.open()
        asyncio.get_running_loop().remove_reader(frozen._socket)
        frozen.run("append", parameters([AppendItem(project, (late,), uuid4(), bytes(HASH_BYTES), b"{}")]))
        await asyncio.to_thread(select, [frozen._socket], [], [], PATIENCE_SECONDS)  # its answer is under way
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert (await register(approvals, uuid4())).receipt.position == MANY + 2


async def test_a_batch_that_cannot_be_sent_fails_alone(approvals: Approvals, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(items: list[AppendItem]) -> list[bytes | None]:
        raise ValueError("this can't be written down")

    with monkeypatch.context() as patch:
        patch.setattr(committer, "parameters", refuse)
        with pytest.raises(ValueError, match="written down"):
            await register(approvals, uuid4())

    assert (await register(approvals, uuid4())).receipt.position == 1
    assert approvals.committer.waiting == 0


async def test_an_answer_that_makes_no_sense_leaves_no_one_waiting(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(answer: bytes | None) -> object:
        raise ValueError("this can't be read")

    with monkeypatch.context() as patch:
        patch.setattr(committer, "missed_rows", refuse)
        with pytest.raises(ValueError, match="can't be read"):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await register(approvals, uuid4())

    assert (await register(approvals, uuid4())).receipt.position == 2


async def test_closing_does_not_wait_forever_for_an_absent_database(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "CLOSE_SECONDS_MAX", 0.2)
    connect = PipelineConnection._connect
    async with asyncio.timeout(PATIENCE_SECONDS), Approvals(database_url) as approvals:
        await register(approvals, uuid4())

        def fail(lane: PipelineConnection) -> object:
            lane._url = NOWHERE
            return connect(lane)

        monkeypatch.setattr(PipelineConnection, "_connect", fail)
        cut_connections(database_url, APPENDING)
        command = asyncio.create_task(register(approvals, uuid4()))
        await asyncio.to_thread(wait_until, lambda: approvals.committer.waiting, "the command is on its way")
    with pytest.raises(psycopg.OperationalError):
        await command


async def test_no_caller_waits_when_the_application_ends_over_a_silent_database(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "CLOSE_SECONDS_MAX", 0.05)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM ledger.head FOR UPDATE")
        async with asyncio.timeout(PATIENCE_SECONDS):
            async with Approvals(database_url) as approvals:
                first, second = uuid4(), uuid4()  # a batch each, and one in the queue for its turn
                sent = [asyncio.create_task(register(approvals, uuid4(), stream)) for stream in (first, second, first)]
                await asyncio.to_thread(wait_until, lambda: approvals.committer.waiting == 2, "two are away")
            ends = await asyncio.gather(*sent, return_exceptions=True)
    assert [type(end) for end in ends] == [ConnectionLostError] * 3
    assert approvals.committer.waiting == 0
