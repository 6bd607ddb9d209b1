"""Secret addresses of calendars and news readers, which can't sign in: a random token in the path represents a grant.

Only SHA-256 digests are stored. An address shows deadlines, or messages, and nothing else, while the grant holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
import structlog
from msgspec import Struct

from infrastructure.identity.primary import PrimaryAwayError
from infrastructure.identity.tokens import TOKEN, digest_of, new_token
from infrastructure.ledger.reader import Store

ADDRESSES_MAX = 10  # of one person
DEADLINES, MESSAGES = "deadlines", "messages"
INSERT: LiteralString = """
    INSERT INTO identity.calendar_address (digest, id, principal, grant_id, created_at, kind)
    SELECT %s, %s, %s, %s, %s, %s
    WHERE (SELECT count(*) FROM identity.calendar_address WHERE principal = %s) < %s RETURNING id
"""
OF: LiteralString = """
    SELECT id, principal, grant_id, created_at, used_at, kind FROM identity.calendar_address
    WHERE principal = %s ORDER BY created_at DESC, id
"""
FIND: LiteralString = """
    SELECT id, principal, grant_id, created_at, used_at, kind FROM identity.calendar_address
    WHERE digest = %s AND kind = %s
"""
NOTE_USE: LiteralString = """
    UPDATE identity.calendar_address SET used_at = date_trunc('hour', %(at)s::timestamptz, 'UTC')
    WHERE id = %(id)s AND (used_at IS NULL OR used_at < date_trunc('hour', %(at)s::timestamptz, 'UTC'))
"""
END: LiteralString = "DELETE FROM identity.calendar_address WHERE id = %s AND principal = %s RETURNING id"

log = structlog.get_logger()


class CalendarAddress(Struct, frozen=True):
    """One address, as its owner sees it: of *kind* deadlines or messages."""

    id: UUID
    principal: str
    grant_id: UUID
    created_at: datetime
    used_at: datetime | None = None
    kind: str = DEADLINES


class CalendarAddresses:
    """The addresses in one database; what changes is written to *primary*."""

    def __init__(self, store: Store, primary: Store | None = None) -> None:
        self._store, self._primary = store, primary or store

    async def make(self, principal: str, grant_id: UUID, now: datetime, kind: str = DEADLINES) -> str | None:
        """The token of a new address for *principal* by a grant; None where there are as many as one may have."""
        token = new_token()
        params = [digest_of(token), uuid4(), principal, grant_id, now, kind, principal, ADDRESSES_MAX]
        async with self._primary.connection() as connection:
            made = await (await connection.execute(INSERT, params)).fetchone()
        return token if made else None

    async def of(self, principal: str) -> Sequence[CalendarAddress]:
        """The addresses of *principal*, the newest first."""
        async with self._store.connection() as connection:
            cursor = await connection.execute(OF, [principal])
            return [CalendarAddress(*row) for row in await cursor.fetchall()]

    async def find(self, token: str, now: datetime, kind: str = DEADLINES) -> CalendarAddress | None:
        """The address of *kind* with *token*, whose use is noted; None where there is none."""
        if not TOKEN.fullmatch(token):
            return None
        async with self._store.connection() as connection:
            row = await (await connection.execute(FIND, [digest_of(token), kind])).fetchone()
        address = CalendarAddress(*row) if row else None
        if address is not None:
            await self._note_use(address.id, now)
        return address

    async def end(self, principal: str, address: UUID) -> bool:
        """End an address of *principal*; False where it is not one of theirs."""
        async with self._primary.connection() as connection:
            return await (await connection.execute(END, [address, principal])).fetchone() is not None

    async def _note_use(self, address: UUID, now: datetime) -> None:
        try:
            async with self._primary.connection() as connection:
                await connection.execute(NOTE_USE, {"id": address, "at": now})
        except (psycopg.errors.ReadOnlySqlTransaction, PrimaryAwayError) as away:
            log.debug("calendar_use_not_noted", reason=str(away).strip())
