"""The deadline watcher of a carried ledger: nothing is recorded again, and all that a fresh watcher would record."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from msgspec import json

from infrastructure.ledger.approvals import Approvals
from tests.conftest import database_in, name_of
from tests.proofs.proof import RefutedError
from tests.watching import watch_once

LATER = timedelta(days=40)  # more than most clocks have: what still runs has come to something by then
SCHEDULE: LiteralString = "SELECT project, version, look_at FROM watch.project ORDER BY project"
POSITION: LiteralString = "SELECT seq FROM watch.position"
NEWEST = "SELECT max(seq), max(recorded_at) FROM ledger.event"
RECORDED: LiteralString = """
    SELECT stream, type, data, meta, occurred_at, recorded_at FROM ledger.event WHERE seq > %s
"""
SIGNALS = "SELECT stream, data FROM ledger.event WHERE type = ANY(%s)"
SIGNAL_TYPES = ["deadline_warned", "card_issued", "acceptance_deemed", "consent_deemed", "renewal_deemed"]
FORGET = ("TRUNCATE watch.project", "UPDATE watch.position SET seq = 0, calendars = ''")
Recorded = set[tuple[Any, ...]]


def require_same_schedule(former: str, current: str) -> None:
    """What was looked at, and when to look again, came along. Raises RefutedError."""
    before, after = ((rows(url, POSITION), rows(url, SCHEDULE)) for url in (former, current))
    if not before[1]:
        raise RefutedError("the early code watched no project: there is nothing to compare")
    if before != after:
        raise RefutedError(f"the watch of {len(set(before[1]) ^ set(after[1]))} projects is not the same")


def require_same_watch(current: str, judged_otherwise: set[tuple[UUID, str]], begun: datetime) -> int:
    """The carried watcher records what a fresh one does, on the day of the move and later; how many facts in all.

    On that day nothing but what follows from *judged_otherwise*, the items of which a clock is judged otherwise, or has
    come to something since *begun*. Raises RefutedError.
    """
    ((position, moved_at),) = rows(current, NEWEST)
    total = 0
    for at in (moved_at, moved_at + LATER):
        carried, fresh = (watched(current, at, position, forget=forget) for forget in (False, True))
        if carried != fresh:
            lacking, more = fresh[0] - carried[0], carried[0] - fresh[0]
            raise RefutedError(f"at {at} a fresh watcher records {len(lacking)} facts more, {len(more)} less")
        total += len(carried[0])
        if at == moved_at:
            require_no_news(carried[0], judged_otherwise, begun)
    return total


def require_no_news(recorded: Recorded, judged_otherwise: set[tuple[UUID, str]], begun: datetime) -> None:
    """What was recorded at the move itself is about clocks of *judged_otherwise*, or happened since *begun*."""
    for stream, type_, data, _, occurred_at, _ in recorded:
        item = json.decode(data).get("item", "")
        if (stream, item) not in judged_otherwise and occurred_at < begun:
            raise RefutedError(f"{type_} is recorded for {stream} {item}, whose clocks nothing has moved")


def watched(url: str, at: datetime, position: int, *, forget: bool) -> tuple[Recorded, Recorded]:
    """What a watcher records at an instant in a copy of the database, and its schedule afterwards.

    *forget*: it has looked at nothing before. Raises RefutedError where it records what was recorded before.
    """
    name, (address, _, query) = name_of(url), url.partition("?")
    with database_in(f"{address.removesuffix(name)}postgres?{query}", name) as copy:
        if forget:
            with psycopg.connect(copy, autocommit=True) as connection:
                for statement in FORGET:
                    connection.execute(statement)
        asyncio.run(watch_at(copy, at))
        require_recorded_once(copy)
        return set(rows(copy, RECORDED, [position])), set(rows(copy, SCHEDULE))


async def watch_at(url: str, at: datetime) -> None:
    """Let a watcher do all there is to do at an instant."""
    async with Approvals(url, clock=lambda: at) as approvals:
        await watch_once(url, approvals, seconds=None)  # thousands of projects are looked at for minutes


def require_recorded_once(url: str) -> None:
    """No rung of a clock is recorded twice, unless it was rescinded between. Raises RefutedError."""
    signals = set[tuple[Any, ...]]()
    for stream, data in rows(url, SIGNALS, [SIGNAL_TYPES]):
        fact = json.decode(data)
        if (proof := fact.get("proof")) is None:  # a card that people issued
            continue
        names = ("application", "clock", "length", "rung", "after")
        signal = (stream, fact["item"], *(proof[name] for name in names))
        if signal in signals:
            raise RefutedError(f"recorded twice: {signal}")
        signals.add(signal)


def rows(url: str, query: LiteralString, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        connection.execute("SET timezone = 'UTC'")
        return connection.execute(query, parameters).fetchall()
