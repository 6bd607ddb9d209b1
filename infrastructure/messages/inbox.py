"""收件箱 the inbox: events of the feed that concern the role, the newest first, with read marks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import LiteralString

import psycopg
import structlog
from msgspec import Struct
from psycopg.sql import SQL

from domain.access.principal import Caller
from domain.core.ledger import Role
from infrastructure.feed.reader import Feed, FeedCriteria, FeedPage
from infrastructure.ledger.reader import Store

RECIPIENTS = "recipients.toml"
MARK: LiteralString = "SELECT position FROM process.inbox_mark WHERE reader = %s"
READ: LiteralString = "SELECT position FROM process.message_read WHERE reader = %s AND position = ANY(%s)"
NOTE_READ: LiteralString = """
    INSERT INTO process.message_read (reader, position) VALUES (%s, %s) ON CONFLICT DO NOTHING
"""
MOVE_MARK: LiteralString = """
    INSERT INTO process.inbox_mark (reader, position) VALUES (%(reader)s, %(position)s)
    ON CONFLICT (reader) DO UPDATE SET position = greatest(inbox_mark.position, excluded.position)
"""
FORGET: LiteralString = "DELETE FROM process.message_read WHERE reader = %(reader)s AND position <= %(position)s"
UNREAD = SQL("""
    e.seq > coalesce((SELECT mark.position FROM process.inbox_mark AS mark WHERE mark.reader = %(reader)s), 0)
    AND NOT EXISTS (
        SELECT FROM process.message_read AS noted WHERE noted.reader = %(reader)s AND noted.position = e.seq)
    AND convert_from(e.meta, 'UTF8')::json -> 'by' ->> 'id' <> %(own)s
""")
COUNTED_MAX = 100  # the header of a page says "99+" from there on

log = structlog.get_logger()


class InboxPage(Struct, frozen=True):
    """Messages, the newest first, as a *page* of the feed; *read* are the positions of read messages.

    The next page begins at position *older*; 0: there is none.
    """

    page: FeedPage
    read: frozenset[int]
    older: int

    @property
    def unread(self) -> int:
        """The number of unread messages of the page."""
        return sum(event.entry.position not in self.read for event in self.page.events)


@cache
def recipients() -> Mapping[Role, frozenset[str]]:
    """The kinds of facts that each role is notified of, from `recipients.toml`."""
    text = (files("infrastructure.messages") / RECIPIENTS).read_text("utf-8")
    return {Role(role): frozenset(table["kinds"]) for role, table in tomllib.loads(text).items()}


def criteria_of(caller: Caller) -> FeedCriteria | None:
    """The filter of the feed for a role; None for a role without messages."""
    kinds = recipients().get(caller.role)
    if kinds is None:
        return None
    return FeedCriteria(kinds, department=caller.over if caller.role is Role.OFFICER else "")


def reader_of(caller: Caller) -> str:
    """The key of read marks: a person in one role over one department."""
    return f"{caller.role}/{caller.over}/{caller.id}"


class Inbox:
    """Repository of read marks, and the queries of the inbox."""

    def __init__(self, store: Store, feed: Feed) -> None:
        self._store, self._feed = store, feed

    async def page(self, caller: Caller, before: int, limit: int) -> InboxPage:
        """At most *limit* messages up to position *before*, the newest first; 0: from the newest on.

        Events of the caller are left out.
        """
        criteria = criteria_of(caller)
        if criteria is None:
            return InboxPage(FeedPage((), 0, more=False), frozenset(), 0)
        page = await self._feed.latest(caller, criteria, before, limit)
        others = tuple(event for event in page.events if event.entry.recorded.by.id != caller.id)
        positions = [event.entry.position for event in others]
        async with self._store.connection() as connection:
            reader = reader_of(caller)
            row = await (await connection.execute(MARK, [reader])).fetchone()
            rows = await (await connection.execute(READ, [reader, positions])).fetchall()
        mark = row[0] if row else 0
        read = {position for (position,) in rows} | {position for position in positions if position <= mark}
        return InboxPage(FeedPage(others, page.next, page.more, page.context), frozenset(read), page.next)

    async def unread(self, caller: Caller, until: int) -> int:
        """How many messages up to position *until* are unread, at most COUNTED_MAX.

        Counts the last window of the ledger only, as every page queries this.
        """
        criteria = criteria_of(caller)
        if criteria is None:
            return 0
        params = {"reader": reader_of(caller), "own": caller.id}
        return await self._feed.count(caller, criteria, until, COUNTED_MAX, UNREAD, **params)

    async def note_read(self, caller: Caller, position: int) -> None:
        """Mark the message at *position* as read."""
        await self._write(NOTE_READ, [reader_of(caller), position])

    async def note_all_read(self, caller: Caller, position: int) -> None:
        """Mark all messages up to *position* as read."""
        params = {"reader": reader_of(caller), "position": position}
        await self._write(MOVE_MARK, params)
        await self._write(FORGET, params)

    async def _write(self, query: LiteralString, params: Sequence[object] | Mapping[str, object]) -> None:
        try:
            async with self._store.connection() as connection:
                await connection.execute(query, params)
        except psycopg.errors.ReadOnlySqlTransaction:
            log.debug("reading_not_noted", reason="the database is read-only")
