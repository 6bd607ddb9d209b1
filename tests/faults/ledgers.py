"""What must be true of a ledger and its views, whatever happened to the processes that wrote them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import psycopg

from infrastructure.ledger.hash_chain import RawRow, Verifier
from infrastructure.ledger.mapper import decode_recorded
from infrastructure.ledger.reader import walk
from infrastructure.projector.rebuild import rebuild
from tests.faults.processes import wait_until
from tests.faults.writer import Sent

# Until the trigger is dropped, every append is refused, and counted.
DISK_FULL = """
    CREATE SEQUENCE ledger.attempts;
    CREATE FUNCTION ledger.fill() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM nextval('ledger.attempts');
        RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full';
    END $$;
    CREATE TRIGGER disk_full BEFORE INSERT ON ledger.event FOR EACH STATEMENT EXECUTE FUNCTION ledger.fill();
"""


def command_ends(url: str) -> dict[UUID, int]:
    """Each command's last position, out of the facts. Fails on a gap, a broken chain, a command that is there twice."""
    ends: dict[UUID, int] = {}
    verifier, previous = Verifier(), None
    with psycopg.connect(url, autocommit=True) as connection:
        for rows in walk(connection):
            verifier.take(map(RawRow.of, rows))
            for row in rows:
                key = decode_recorded(row.meta).command_id
                assert key == previous or key not in ends, f"{key} is there twice"
                ends[key], previous = row.seq, key
        head = connection.execute("SELECT seq FROM ledger.head").fetchone()
        answered: dict[UUID, int] = dict(connection.execute("SELECT id, seq FROM ledger.command").fetchall())
    verifier.finish(head[0] if head else -1, max(answered.values(), default=0))
    assert verifier.faults == []
    assert answered == ends
    return ends


def acknowledged_positions(journal: Iterable[Sent]) -> dict[UUID, int]:
    """What each command was answered; 0 for one that was sent, and never answered."""
    positions: dict[UUID, int] = {}
    for sent in journal:
        assert positions.get(sent.key, 0) == 0, f"{sent.key} was answered twice"
        positions[sent.key] = sent.position
    return positions


def require_views_follow(url: str, position: int) -> None:
    """The views come to *position* by themselves, and are what a rebuild makes of the ledger."""
    wait_until(lambda: views_at(url) == {position}, f"all views at position {position}")
    result = rebuild(url, swap=False)
    assert (result.differences, result.entries) == ((), position)


def views_at(url: str) -> set[int]:
    """The positions of the views. Fails where one has stopped with an error."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT seq, error FROM views.position").fetchall()
    assert {error for _, error in rows} <= {None}
    return {seq for seq, _ in rows}
