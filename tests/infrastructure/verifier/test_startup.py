"""The check before a server starts: a ledger on which every append would fail is refused, changed guards are logged."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from structlog.testing import capture_logs

from infrastructure.proof.log import SignedReader, TransparencyLog
from infrastructure.proof.note import NoteSigner
from infrastructure.verifier.startup import LedgerUnsoundError, OlderLedgerError, check_against_log, check_at_start
from tests.conftest import database_in, name_of
from tests.infrastructure.proof.test_log import record
from tests.infrastructure.proof.test_publisher import NAME
from tests.infrastructure.proof.test_restores import restored
from tests.infrastructure.verifier.tampering import tampered


def test_a_sound_ledger_starts_also_an_empty_one(database_url: str) -> None:
    with capture_logs() as lines:
        check_at_start(database_url)
        asyncio.run(record(database_url, 1))
        check_at_start(database_url)
    assert [line for line in lines if line["log_level"] == "critical"] == []


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE ledger.head SET seq = 0", "has its head at 0"),  # as of a dump put into tables that were there already
        ("DELETE FROM ledger.head", "has no head"),
        ("UPDATE ledger.command SET seq = seq + 5", "answered up to"),
    ],
    ids=["the head went back", "no head", "answers behind the end"],
)
def test_a_ledger_restored_by_half_is_refused(database_url: str, statement: str, says: str) -> None:
    asyncio.run(record(database_url, 1))
    tampered(database_url, statement)
    with pytest.raises(LedgerUnsoundError, match=says):
        check_at_start(database_url)


def test_a_ledger_that_went_back_behind_its_log_is_refused_until_that_is_recorded(
    server_url: str, database_url: str, tmp_path: Path
) -> None:
    signer = NoteSigner(NAME, sha256(b"log").digest())
    asyncio.run(record(database_url, 1))
    check_against_log(database_url, SignedReader(tmp_path))
    with database_in(server_url, name_of(database_url)) as older:
        asyncio.run(record(database_url, 1))
        log = TransparencyLog(tmp_path, signer)
        with psycopg.connect(database_url, autocommit=True) as connection:
            log.follow(connection)
        check_against_log(database_url, SignedReader(tmp_path))
        with pytest.raises(OlderLedgerError, match=r"positions 3 to 4 are gone.*declare-restore"):
            check_against_log(older, SignedReader(tmp_path))
        with database_in(server_url, name_of(older)) as written_on:
            asyncio.run(record(written_on, 2))
            with pytest.raises(OlderLedgerError, match="position 4 is not the one that the log has signed"):
                check_against_log(written_on, SignedReader(tmp_path))
        asyncio.run(restored(older, 4, NAME, ""))
        check_against_log(older, SignedReader(tmp_path))


def test_changed_guards_are_logged(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("GRANT UPDATE ON ledger.event TO countersign_app")
    with capture_logs() as lines:
        check_at_start(database_url)
    (line,) = [line for line in lines if line["event"] == "ledger_guards_changed"]
    assert line["faults"] == ["countersign_app has UPDATE on ledger.event"]
