"""Sessions of people who signed in: a random token in the browser's cookie, its SHA-256 digest in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
import structlog
from msgspec import Struct, structs

from infrastructure.identity.primary import PrimaryAwayError
from infrastructure.identity.tokens import TOKEN, digest_of, new_token
from infrastructure.ledger.reader import Store

AHEAD_MAX = timedelta(minutes=5)  # that clocks of several servers may differ; begun later, by a clock since set back
TOUCH_SECONDS = 60  # last use is stored to the minute: a page load costs no write
BROWSER_CHARACTERS_MAX = 200

COLUMNS: LiteralString = (
    "id, principal, grant_id, method, issuer, subject, provider_session, address, browser, created_at, touched_at,"
    " expires_at"
)
BY_DIGEST: LiteralString = f"SELECT {COLUMNS} FROM identity.session WHERE digest = %s"  # noqa: S608 our own columns
BY_PRINCIPAL: LiteralString = (
    f"SELECT {COLUMNS} FROM identity.session WHERE principal = %s AND expires_at > %s AND touched_at > %s"  # noqa: S608
    " AND created_at <= %s ORDER BY touched_at DESC, id"
)
INSERT: LiteralString = f"""
    INSERT INTO identity.session (digest, {COLUMNS})
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""  # noqa: S608
ROTATE: LiteralString = "UPDATE identity.session SET digest = %s, grant_id = %s WHERE digest = %s RETURNING id"
TOUCH: LiteralString = "UPDATE identity.session SET touched_at = %s WHERE digest = %s AND touched_at <= %s"
END: LiteralString = "DELETE FROM identity.session WHERE digest = %s RETURNING id, principal"
END_SESSION: LiteralString = "DELETE FROM identity.session WHERE id = %s AND principal = %s RETURNING id"
END_ALL: LiteralString = "DELETE FROM identity.session WHERE principal = %s AND id IS DISTINCT FROM %s RETURNING id"
END_AT_PROVIDER: LiteralString = """
    DELETE FROM identity.session
    WHERE issuer = %s AND (provider_session = %s AND %s <> '' OR subject = %s AND %s = '')
    RETURNING id, principal
"""

log = structlog.get_logger()


class Session(Struct, frozen=True):
    """One sign-in of *principal* with one browser; *grant_id* is the grant chosen for it."""

    id: UUID
    principal: str
    grant_id: UUID | None
    method: str
    issuer: str
    subject: str
    provider_session: str
    address: str
    browser: str
    created_at: datetime
    touched_at: datetime
    expires_at: datetime


class SignIn(Struct, frozen=True, kw_only=True):
    """What a new session is made of: who signed in, how, and from where."""

    principal: str
    method: str
    grant_id: UUID | None = None
    issuer: str = ""
    subject: str = ""
    provider_session: str = ""
    address: str = ""
    browser: str = ""


class Sessions:
    """The sessions in one database. *idle* ends a session that is not used, *absolute* any.

    What changes is written to *primary*: on a standby, another database than *store*, and ahead of it.
    """

    def __init__(self, store: Store, idle: timedelta, absolute: timedelta, primary: Store | None = None) -> None:
        self._store, self.idle, self.absolute = store, idle, absolute
        self._primary = primary or store

    async def begin(self, sign_in: SignIn, now: datetime) -> tuple[str, Session]:
        """A new session, and its token: always a new one, so that a cookie planted before sign-in is worth nothing."""
        fields = structs.asdict(sign_in) | {"browser": sign_in.browser[:BROWSER_CHARACTERS_MAX]}
        session = Session(id=uuid4(), created_at=now, touched_at=now, expires_at=now + self.absolute, **fields)
        token = new_token()
        async with self._primary.connection() as connection:
            await connection.execute(INSERT, [digest_of(token), *structs.astuple(session)])
        return token, session

    async def find(self, token: str, now: datetime, *, is_use: bool = True) -> Session | None:
        """The session of *token*; None where there is none, or it has expired. *is_use*: it goes on for longer."""
        if not TOKEN.fullmatch(token):
            return None
        digest = digest_of(token)
        session = await _session_of(self._store, digest)
        if session is None and self._primary is not self._store:  # begun a moment ago, and not yet on the standby
            with suppress(PrimaryAwayError):
                session = await _session_of(self._primary, digest)
        if session is None or now >= session.expires_at or now >= session.touched_at + self.idle:
            return None
        if session.created_at > now + AHEAD_MAX:  # it would last longer than any session may, by as much
            return None
        if is_use and now >= session.touched_at + timedelta(seconds=TOUCH_SECONDS):
            await self._touch(digest, now)
        return session

    async def _touch(self, digest: bytes, now: datetime) -> None:
        before = now - timedelta(seconds=TOUCH_SECONDS)
        try:
            async with self._primary.connection() as connection:
                await connection.execute(TOUCH, [now, digest, before])
        except (psycopg.errors.ReadOnlySqlTransaction, PrimaryAwayError) as away:
            log.debug("session_not_touched", reason=str(away).strip())  # existing sessions are served until they expire

    async def choose(self, token: str, grant_id: UUID) -> str | None:
        """Act by another grant from now on: the session goes on under a new token. None where it has ended."""
        renewed = new_token()
        async with self._primary.connection() as connection:
            cursor = await connection.execute(ROTATE, [digest_of(renewed), grant_id, digest_of(token)])
            return renewed if await cursor.fetchone() else None

    async def of(self, principal: str, now: datetime) -> Sequence[Session]:
        """The live sessions of *principal*, last used first."""
        async with self._store.connection() as connection:
            cursor = await connection.execute(
                BY_PRINCIPAL, [principal, now, now - self.idle, now + AHEAD_MAX], binary=True
            )
            return [Session(*row) for row in await cursor.fetchall()]

    async def end(self, token: str) -> UUID | None:
        """End the session of *token*; its id, None where it had ended."""
        async with self._primary.connection() as connection:
            row = await (await connection.execute(END, [digest_of(token)])).fetchone()
        return row[0] if row else None

    async def end_session(self, principal: str, session: UUID) -> bool:
        """End one session of *principal*; False where it is not one of theirs."""
        async with self._primary.connection() as connection:
            return await (await connection.execute(END_SESSION, [session, principal])).fetchone() is not None

    async def end_all(self, principal: str, but: UUID | None = None) -> int:
        """End every session of *principal*, except for one; how many there were."""
        async with self._primary.connection() as connection:
            return len(await (await connection.execute(END_ALL, [principal, but])).fetchall())

    async def end_at_provider(self, issuer: str, subject: str, provider_session: str) -> list[tuple[UUID, str]]:
        """End what a back-channel logout names: one session of the provider, or all of a subject."""
        params = [issuer, provider_session, provider_session, subject, provider_session]
        async with self._primary.connection() as connection:
            return [(row[0], row[1]) for row in await (await connection.execute(END_AT_PROVIDER, params)).fetchall()]


async def _session_of(store: Store, digest: bytes) -> Session | None:
    """The session with the digest of its token, as *store* has it."""
    async with store.connection() as connection:
        row = await (await connection.execute(BY_DIGEST, [digest], binary=True)).fetchone()
    return Session(*row) if row else None
