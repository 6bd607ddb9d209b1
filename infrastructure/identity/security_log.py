"""The security log (安全日志): sign-ins, refusals, reads of personal data, with addresses; deleted after a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import LiteralString
from uuid import UUID

import psycopg
import structlog
from msgspec import Struct, structs

from infrastructure.ledger.reader import Store

DETAIL_CHARACTERS_MAX = 400
INSERT: LiteralString = """
    INSERT INTO identity.security_log (at, kind, principal, address, method, session, detail, subject)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
READ: LiteralString = """
    SELECT at, kind, principal, address, method, session, detail, subject FROM identity.security_log
    WHERE at >= %s AND (%s = '' OR principal = %s) AND (%s = '' OR kind = %s)
    AND (%s = '' OR subject IN ('projects/' || %s, 'legal-persons/' || %s))
    ORDER BY id DESC LIMIT %s
"""

log = structlog.get_logger()


class SecurityEvent(StrEnum):
    """What the security log records."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_IN_LIMITED = "sign_in_limited"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    ROLE_CHOSEN = "role_chosen"
    KEY_REFUSED = "key_refused"
    TOKEN_REFUSED = "token_refused"  # noqa: S105  a kind of event, no password
    GATEWAY_REFUSED = "gateway_refused"
    PASSWORD_SET = "password_set"  # noqa: S105
    ACCOUNT_LINKED = "account_linked"
    CALENDAR_ADDRESS_MADE = "calendar_address_made"
    CALENDAR_ADDRESS_ENDED = "calendar_address_ended"
    ADMINISTRATOR_APPOINTED = "administrator_appointed"
    PERSONAL_DATA_READ = "personal_data_read"
    AUDIT_BUNDLE_TAKEN = "audit_bundle_taken"


class SecurityEntry(Struct, frozen=True):
    """One line of the security log. *subject*: whose personal data was read, such as projects/{id}; else empty."""

    at: datetime
    kind: str
    principal: str
    address: str
    method: str
    session: UUID | None
    detail: str
    subject: str = ""


class SecurityLog:
    """The security log of one database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(
        self,
        event: SecurityEvent,
        at: datetime,
        *,
        principal: str = "",
        address: str = "",
        method: str = "",
        session: UUID | None = None,
        detail: str = "",
    ) -> None:
        """Record *event*; in the server's own log where the database takes nothing now, as on a standby."""
        await self.add_all([SecurityEntry(at, event.value, principal, address, method, session, detail)])

    async def add_all(self, entries: Sequence[SecurityEntry]) -> None:
        """Record *entries* in one transaction; in the server's own log where the database takes nothing now."""
        rows = [structs.astuple(_fitted(entry)) for entry in entries]
        try:
            async with self._store.connection() as connection, connection.transaction():
                await connection.cursor().executemany(INSERT, rows)
        except psycopg.Error as failure:
            for entry in entries:
                log.error(  # noqa: TRY400 a traceback says nothing more of it
                    "security_event_not_recorded", error=str(failure).strip(), **structs.asdict(_fitted(entry))
                )

    async def read(
        self, since: datetime, *, principal: str = "", kind: str = "", about: str = "", limit: int = 200
    ) -> Sequence[SecurityEntry]:
        """The entries from *since* on, newest first; *about*: reads about the project or legal person with this id."""
        async with self._store.connection() as connection:
            params = [since, principal, principal, kind, kind, about, about, about, limit]
            cursor = await connection.execute(READ, params)
            return [SecurityEntry(*row) for row in await cursor.fetchall()]


def _fitted(entry: SecurityEntry) -> SecurityEntry:
    """*entry* with texts that PostgreSQL takes, and none of a stranger's longer than DETAIL_CHARACTERS_MAX."""
    detail = entry.detail.replace("\0", "")[:DETAIL_CHARACTERS_MAX]
    return structs.replace(entry, detail=detail, principal=entry.principal[:DETAIL_CHARACTERS_MAX])
