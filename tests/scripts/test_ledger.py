"""Verifying trusts nothing but the entries: neither the head row nor where the ledger seems to end."""

from __future__ import annotations

from uuid import UUID

import psycopg

from domain.project.registration import Enterprise, RegisterProject
from infrastructure.approvals import Approvals
from infrastructure.lawbook import law_book
from scripts.ledger import verify
from tests.controls import MANAGER

ENTRIES = 3


def faults(url: str, *tampering: str) -> list[str]:
    """What verifying finds after somebody who owns the database did all this."""
    with psycopg.connect(url) as connection:
        for statement in tampering:
            connection.execute(statement.encode())
    return [fault.what for fault in verify(url, lambda _done, _of: None).faults]


async def test_a_head_that_was_moved_or_lost_hides_nothing(database_url: str) -> None:
    assert faults(database_url) == ["the ledger is empty: nothing could be verified"]
    async with Approvals(database_url, laws=law_book()) as approvals:
        for number in range(1, ENTRIES + 1):
            register = RegisterProject(name=f"Fab {number}", enterprise=Enterprise("Hengxin"), manager="wang")
            await approvals.handle(UUID(int=number), register, MANAGER, UUID(int=number))
    assert faults(database_url) == []

    assert faults(database_url, "UPDATE ledger.head SET seq = 1") == ["the ledger ends at 3, but its head says 1"]
    cut = ("ALTER TABLE ledger.event DISABLE TRIGGER append_only", "DELETE FROM ledger.event WHERE seq = 3")
    fitting = "UPDATE ledger.head SET seq = 2"
    assert faults(database_url, *cut, fitting) == ["position 3 was answered to a command, but is missing"]
    assert "the ledger ends at 2, but its head row is missing" in faults(database_url, "DELETE FROM ledger.head")
