"""A short ledger, and what the owner of the database can do to it."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg

from domain.core.plan import PlannedItem
from domain.examples.story import ENTERPRISE, MANAGER
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.hash_chain import chained

ONE, OTHER = UUID(int=1), UUID(int=2)
REGISTER = RegisterProject(
    name="Fab 2",
    enterprise=Enterprise("Hengxin"),
    manager="wang",
    items=(PlannedItem(item="land", department="land"), PlannedItem(item="plan", department="plan")),
)
# Positions 1 to 6: registered, registered, then a submission each, twice.
SUBMIT = [(ONE, "land"), (OTHER, "land"), (ONE, "plan"), (OTHER, "plan")]
BARE = "ALTER TABLE ledger.event DISABLE TRIGGER append_only; ALTER TABLE ledger.command DISABLE TRIGGER append_only;"
CLOTHED = "ALTER TABLE ledger.event ENABLE TRIGGER append_only; ALTER TABLE ledger.command ENABLE TRIGGER append_only;"

OPTIONAL = "ALTER TABLE ledger.event ALTER {0} DROP NOT NULL;"
REPLACED = "UPDATE ledger.event SET {0} = convert_to(replace(convert_from({0}, 'UTF8'), '{1}', '{2}'), 'UTF8')"


async def send_story(url: str) -> None:
    async with Approvals(url) as approvals:
        for project in (ONE, OTHER):
            await approvals.handle(project, REGISTER, MANAGER, uuid4())
        for project, item in SUBMIT:
            await approvals.handle(project, SubmitItem(item=item), ENTERPRISE, uuid4())


def ignore(_done: int, _of: int) -> None:
    """The progress is not shown."""


def tampered(url: str, statements: str, *, guarded: bool = True) -> None:
    """Do it as an owner does, and put the guards back."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"{BARE}{statements};{CLOTHED if guarded else ''}".encode())


HEAD_AGAIN = """
    UPDATE ledger.stream AS s SET version = e.version, hash = e.hash, seq = e.seq
    FROM (SELECT * FROM ledger.event WHERE stream = %s ORDER BY version DESC LIMIT 1) AS e WHERE s.stream = e.stream
"""


def rechain(url: str, stream: UUID) -> None:
    """Recompute the chain of *stream*, as a careful forger does."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT seq, version, type, data, meta, extract(epoch FROM occurred_at), extract(epoch FROM recorded_at)"
            " FROM ledger.event WHERE stream = %s ORDER BY version",
            [stream],
        ).fetchall()
        previous = bytes(32)
        for seq, version, kind, data, meta, occurred, recorded in rows:
            times = [int(at * 1_000_000) for at in (occurred, recorded)]
            previous = chained(previous, stream, version, kind.encode(), data, meta, *times)
            connection.execute("UPDATE ledger.event SET hash = %s WHERE seq = %s", [previous, seq])
        connection.execute(HEAD_AGAIN, [stream])
