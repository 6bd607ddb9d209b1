"""The check before a server starts: a ledger on which every append would fail is refused, changed guards are logged."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from structlog.testing import capture_logs

from infrastructure.verifier.startup import LedgerUnsoundError, check_at_start
from tests.infrastructure.proof.test_log import record
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


def test_changed_guards_are_logged(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("GRANT UPDATE ON ledger.event TO countersign_app")
    with capture_logs() as lines:
        check_at_start(database_url)
    (line,) = [line for line in lines if line["event"] == "ledger_guards_changed"]
    assert line["faults"] == ["countersign_app has UPDATE on ledger.event"]
