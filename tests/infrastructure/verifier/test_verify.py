"""Whatever an owner of the database does to the ledger, verification or a checkpoint names it, and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from msgspec import json, structs

from domain.examples.story import STORY
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.hash_chain import Fault
from infrastructure.verifier import checkpoint as checkpoints
from infrastructure.verifier.checkpoint import Checkpoint, CheckpointUnreadableError, positions_for, read, write
from infrastructure.verifier.verify import verify
from infrastructure.verifier.walk import pages
from tests.conftest import database_in, name_of
from tests.infrastructure.verifier.tampering import (
    BARE,
    ONE,
    OPTIONAL,
    OTHER,
    REPLACED,
    ignore,
    rechain,
    send_story,
    tampered,
)


class VerifiedLedger(NamedTuple):
    """A ledger, by the name of a database to be copied, and its checkpoint."""

    database: str
    checkpoint: Checkpoint


@pytest.fixture(scope="module")
def ledger(server_url: str, migrated_template: str) -> Iterator[VerifiedLedger]:
    with database_in(server_url, migrated_template) as url:
        asyncio.run(send_story(url))
        verified, checkpoint = verify(url, ignore)
        assert (verified.faults, verified.entries, verified.streams, verified.commands) == ([], 6, 2, 6)
        assert checkpoint
        yield VerifiedLedger(name_of(url), checkpoint)


CHANGED = "UPDATE ledger.event SET data = data || '  ' WHERE seq = 2"  # beside all that is done
WEAKER = """
    DROP TRIGGER append_only ON ledger.command;
    CREATE TRIGGER append_only BEFORE TRUNCATE ON ledger.command EXECUTE FUNCTION ledger.refuse_change()
"""
DEAF = """
    CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'
"""
ALIASED = """
    INSERT INTO ledger.command
    SELECT gen_random_uuid(), fingerprint, seq, reply, at, true FROM ledger.command WHERE seq = 3
"""
NAMED = [  # what is done, at which position it shows, and what is said
    ("UPDATE ledger.event SET data = data || ' ' WHERE seq = 3", 3, "does not match its hash"),
    ("UPDATE ledger.event SET meta = meta || ' ' WHERE seq = 3", 3, "does not match its hash"),
    ("UPDATE ledger.event SET type = 'item_accepted' WHERE seq = 3", 3, "does not match its hash"),
    ("UPDATE ledger.event SET occurred_at = occurred_at + interval '1us' WHERE seq = 3", 3, "does not match its hash"),
    ("UPDATE ledger.event SET recorded_at = recorded_at - interval '60d' WHERE seq = 3", 3, "before the last"),
    ("UPDATE ledger.event SET occurred_at = 'infinity' WHERE seq = 3", 3, "hashed: occurred_at out of range"),
    ("UPDATE ledger.event SET recorded_at = '-infinity' WHERE seq = 3", 3, "hashed: recorded_at out of range"),
    (OPTIONAL.format("hash") + "UPDATE ledger.event SET hash = NULL WHERE seq = 3", 3, "has no hash"),
    (OPTIONAL.format("hash") + "UPDATE ledger.event SET hash = NULL WHERE seq = 6", 6, "has no hash"),
    (OPTIONAL.format("data") + "UPDATE ledger.event SET data = NULL WHERE seq = 3", 3, "hashed: data missing"),
    (OPTIONAL.format("meta") + "UPDATE ledger.event SET meta = NULL WHERE seq = 3", 3, "hashed: meta missing"),
    (OPTIONAL.format("type") + "UPDATE ledger.event SET type = NULL WHERE seq = 3", 3, "hashed: type missing"),
    (OPTIONAL.format("stream") + "UPDATE ledger.event SET stream = NULL WHERE seq = 3", 3, "hashed: stream missing"),
    (OPTIONAL.format("version") + "UPDATE ledger.event SET version = NULL WHERE seq = 3", 3, "hashed: version missing"),
    (OPTIONAL.format("hash") + "UPDATE ledger.event SET hash = NULL", 0, "ledger.event.hash may be missing"),
    ("UPDATE ledger.event SET meta = '\\xff' WHERE seq = 3", 3, "does not match its hash"),
    ("DELETE FROM ledger.event WHERE seq = 3", 3, "positions jump from 2 to 4"),
    ("DELETE FROM ledger.event WHERE seq = 6", 6, "position 6 was answered to a command, but is missing"),
    ("DELETE FROM ledger.event WHERE seq = 6", 6, "the ledger ends at 5, but its head says 6"),
    ("UPDATE ledger.stream SET hash = sha256('x') WHERE seq = 6", 6, "is not what its entries say"),
    ("UPDATE ledger.stream SET kind = 'calendar' WHERE seq = 6", 6, "is not what its entries say"),
    ("UPDATE ledger.stream SET version = 9 WHERE seq = 6", 6, "is not what its entries say"),
    ("DELETE FROM ledger.stream WHERE seq = 6", 6, "the head of stream"),
    ("INSERT INTO ledger.stream VALUES (gen_random_uuid(), 'project', 1, sha256('x'), 3)", 0, "has a head, but no"),
    (ALIASED, 3, "is of no command"),
    ("DELETE FROM ledger.head", 7, "the ledger ends at 6, but its head row is missing"),
    ("DELETE FROM ledger.command WHERE seq = 3", 3, "sent again, it would be carried out again"),
    ("UPDATE ledger.command SET seq = 4 WHERE seq = 3", 3, "says position 4, its last fact 3"),
    ("UPDATE ledger.command SET reply = '{}' WHERE seq = 3", 3, "the stored answer to command"),
    ("UPDATE ledger.command SET fingerprint = 'x' WHERE seq = 3", 3, "the fingerprint of command"),
    ("UPDATE ledger.command SET fingerprint = sha256('another') WHERE seq = 3", 3, "the fingerprint of command"),
    ("UPDATE ledger.command SET at = at - interval '1 year' WHERE seq = 3", 3, "before the one that it follows"),
    (
        "INSERT INTO ledger.command (id, fingerprint, seq, reply) VALUES (gen_random_uuid(), 'x', 3, '{}')",
        0,
        "1 stored answers belong to no entry",
    ),
    ("GRANT UPDATE ON ledger.event TO countersign_app", 0, "countersign_app has UPDATE on ledger.event"),
    ("GRANT DELETE ON ledger.command TO PUBLIC", 0, "PUBLIC has DELETE on ledger.command"),
    ("GRANT INSERT ON ledger.event TO countersign_app", 0, "countersign_app has INSERT on ledger.event"),
    ("GRANT UPDATE (data) ON ledger.event TO countersign_app", 0, "countersign_app has UPDATE on ledger.event"),
    (WEAKER, 0, "does not refuse every change"),
    (DEAF, 0, "ledger.refuse_change was replaced"),
    ("CREATE FUNCTION ledger.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", 0, "ledger.mine is not Countersign's"),
    ("CREATE RULE nothing AS ON UPDATE TO ledger.event DO INSTEAD NOTHING", 0, "ledger.event has rules"),
    ("ALTER TABLE ledger.event DROP CONSTRAINT event_stream_version", 0, "event_stream_version of the ledger is"),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "seq", "message"), NAMED)
def test_what_was_done_is_named_and_the_walk_goes_on(
    server_url: str, ledger: VerifiedLedger, statements: str, seq: int, message: str
) -> None:
    with database_in(server_url, ledger.database) as url:
        tampered(url, f"{CHANGED};{statements}")
        verified, checkpoint = verify(url, ignore, ledger.checkpoint)

    assert checkpoint is None
    assert any(fault.seq == seq and message in fault.what for fault in verified.faults), verified.faults
    assert any(fault.seq == 2 for fault in verified.faults), "the walk ended"


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ("", "the trigger append_only of ledger.event is switched off"),
        ("DROP TRIGGER append_only ON ledger.event;", "the trigger append_only of ledger.event is missing"),
        ("DROP FUNCTION ledger.refuse_change CASCADE;", "the function ledger.refuse_change is missing"),
    ],
)
def test_guards_that_were_taken_down_are_missed(
    server_url: str, ledger: VerifiedLedger, statements: str, message: str
) -> None:
    with database_in(server_url, ledger.database) as url:
        tampered(url, statements, guarded=False)
        verified, _ = verify(url, ignore)
    assert Fault(0, message) in verified.faults


CUT = """
    DELETE FROM ledger.event WHERE seq = 6; DELETE FROM ledger.command WHERE seq = 6; UPDATE ledger.head SET seq = 5
"""
SWAPPED = """
    UPDATE ledger.event SET seq = 9 WHERE seq = 3;
    UPDATE ledger.event SET seq = 3 WHERE seq = 4;
    UPDATE ledger.event SET seq = 4 WHERE seq = 9;
    UPDATE ledger.command SET seq = 7 - seq, at = (SELECT min(at) FROM ledger.command WHERE seq > 2) WHERE seq IN (3, 4)
"""
FORGED = [  # what no chain shows, as it was recomputed
    (REPLACED.format("data", "Fab 2", "Fab 9") + " WHERE seq = 1", 1, "an entry at position 1 is not what it was"),
    (REPLACED.format("meta", "applicant", "officer") + " WHERE seq = 5", 5, "an entry at position 5"),
    ("UPDATE ledger.event SET occurred_at = occurred_at - interval '1 day' WHERE seq = 3", 3, "an entry at position 3"),
    (CUT, 6, "the ledger ends at 5, but the checkpoint was taken at 6"),
    (SWAPPED, 3, "an entry at position 3"),
    ("UPDATE ledger.command SET at = at + interval '1us' WHERE seq = 4", 4, "a stored answer at position 4"),
]


@pytest.mark.parametrize(("statements", "seq", "message"), FORGED)
def test_a_consistent_rewrite_passes_alone_and_differs_from_a_checkpoint(
    server_url: str, ledger: VerifiedLedger, statements: str, seq: int, message: str
) -> None:
    with database_in(server_url, ledger.database) as url:
        tampered(url, statements)
        for stream in (ONE, OTHER):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(BARE.encode())
            rechain(url, stream)
        tampered(url, "")
        alone, _ = verify(url, ignore)
        compared, checkpoint = verify(url, ignore, ledger.checkpoint)

    assert alone.faults == []
    assert checkpoint is None
    assert {fault.seq for fault in compared.faults} == {seq}
    assert message in compared.faults[0].what


def test_what_is_added_later_is_no_difference(server_url: str, ledger: VerifiedLedger) -> None:
    async def go_on(url: str) -> None:
        async with Approvals(url) as approvals:
            for step in STORY:
                await approvals.handle(UUID(int=3), step.dated, step.by, uuid4())

    with database_in(server_url, ledger.database) as url:
        asyncio.run(go_on(url))
        verified, later = verify(url, ignore, ledger.checkpoint)
        assert (verified.faults, verify(url, ignore, later)[0].faults) == ([], [])
        assert later
        assert later.position > ledger.checkpoint.position
        assert verify(url, ignore)[1] == later, "the same ledger gives the same checkpoint"


def test_a_checkpoint_is_read_as_it_was_written_and_never_written_over(ledger: VerifiedLedger, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.json"
    write(path, ledger.checkpoint)
    written = path.read_bytes()
    assert read(path) == ledger.checkpoint
    with pytest.raises(CheckpointUnreadableError, match="is there already"):
        write(path, ledger.checkpoint)
    assert path.read_bytes() == written
    with pytest.raises(CheckpointUnreadableError, match="can't be read"):
        read(tmp_path / "none.json")
    for text in (b"", b"{}", written[:100], json.encode(structs.replace(ledger.checkpoint, format="other"))):
        path.write_bytes(text)
        with pytest.raises(CheckpointUnreadableError, match="is no checkpoint"):
            read(path)


def test_between_samples_the_place_is_reported_as_far_as_it_is_known(
    server_url: str, ledger: VerifiedLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SAMPLES_MAX", 2)
    with database_in(server_url, ledger.database) as url:
        _, coarse = verify(url, ignore)
        assert coarse
        assert [sample.position for sample in coarse.samples] == [4]
        tampered(url, "UPDATE ledger.command SET at = at + interval '1us' WHERE seq = 3")
        (fault,) = verify(url, ignore, coarse)[0].faults
    assert fault.seq == 1
    assert "a stored answer at one of the positions 1 to 4" in fault.what


def test_a_checkpoint_stays_small() -> None:
    assert list(positions_for(4)) == [1, 2, 3]
    assert len(positions_for(10_000_000)) <= checkpoints.SAMPLES_MAX


def test_an_empty_ledger_is_no_proof_of_anything(database_url: str) -> None:
    verified, checkpoint = verify(database_url, ignore)
    assert verified.faults == [Fault(0, "the ledger is empty: nothing could be verified")]
    assert checkpoint is None


async def test_a_page_never_ends_within_a_command(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Approvals(database_url) as approvals:
        for step in STORY:
            await approvals.handle(ONE, step.dated, step.by, uuid4())
    whole = verify(database_url, ignore)
    monkeypatch.setattr("infrastructure.verifier.walk.PAGE_ROWS_MAX", 1)
    assert verify(database_url, ignore) == whole
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert sum(map(len, pages(connection, whole[0].position))) == whole[0].entries


def test_a_command_that_comes_at_any_moment_of_a_verification_is_no_fault(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def record() -> None:
        async with Approvals(database_url) as approvals:
            await approvals.handle(uuid4(), STORY[0].dated, STORY[0].by, uuid4())

    class BusyConnection(psycopg.Connection[Any]):
        """A command is carried out behind every statement of the verification."""

        def execute(self, *words: Any, **options: Any) -> Any:
            cursor = super().execute(*words, **options)
            thread = Thread(target=lambda: asyncio.run(record()))
            thread.start()
            thread.join()
            return cursor

    asyncio.run(record())
    monkeypatch.setattr("infrastructure.verifier.verify.psycopg", SimpleNamespace(connect=BusyConnection.connect))
    assert verify(database_url, ignore)[0].faults == []
