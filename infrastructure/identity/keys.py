"""API keys of programs: looked up by their id, the secret compared by its digest, last use noted to the hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hmac import compare_digest
from typing import LiteralString

import psycopg
import structlog

from domain.access.principal import Caller, Grant, Key, PrincipalDirectory, PrincipalKind
from infrastructure.identity.claims import AccessToken
from infrastructure.identity.primary import PrimaryAwayError
from infrastructure.identity.tokens import digest_of, key_id_in
from infrastructure.ledger.reader import Store

NOTE_USE: LiteralString = """
    INSERT INTO identity.key_use AS u (key_id, used_at) VALUES (%s, %s)
    ON CONFLICT (key_id) DO UPDATE SET used_at = excluded.used_at WHERE u.used_at < excluded.used_at
"""
USED: LiteralString = "SELECT used_at FROM identity.key_use WHERE key_id = %s"

log = structlog.get_logger()


class KeyRefusedError(Exception):
    """A key that is not accepted. *reason* is for the security log; the answer to the program does not say it."""

    def __init__(self, reason: str, key_id: str = "") -> None:
        super().__init__(reason)
        self.reason, self.key_id = reason, key_id


class ApiKeys:
    """The keys that a directory knows; their use is noted on *primary*."""

    def __init__(self, store: Store, directory: PrincipalDirectory, primary: Store | None = None) -> None:
        self._store, self._directory, self._primary = store, directory, primary or store
        self._noted: dict[str, datetime] = {}  # the hours of last use that are stored, by key

    async def caller(self, text: str, now: datetime) -> tuple[Caller, Key, Grant]:
        """The caller that the key *text* belongs to, with the grant it is issued under. Raises KeyRefusedError."""
        key_id = key_id_in(text)
        if not key_id:
            raise KeyRefusedError("malformed")
        holder = await self._directory.holder(key_id, now)
        key = holder.key if holder else None
        digest, matches = digest_of(text), False
        for stored in key.digests if key else (bytes(32),):
            matches |= compare_digest(stored, digest)  # all of them, whichever matches
        if holder is None or key is None or not matches:
            raise KeyRefusedError("unknown or revoked key, or wrong secret", key_id)
        if key.expires_at is not None and now >= key.expires_at:
            raise KeyRefusedError("expired", key_id)
        grant = next((held for held in holder.grants if held.id == key.grant), None)
        if grant is None or holder.name is None:
            raise KeyRefusedError("the key's grant has ended", key_id)
        await self._note_use(key_id, now)
        return program(key.principal, holder.name, grant, key.scopes), key, grant

    async def caller_by_token(self, token: AccessToken, principal: str | None, now: datetime) -> tuple[Caller, Grant]:
        """The caller that an access token linked to *principal* belongs to, with its grant. Raises KeyRefusedError."""
        if principal is None or (name := await self._directory.name_of(principal)) is None:
            raise KeyRefusedError(f"no program is linked to the subject {token.subject}")
        grants: Sequence[Grant] = await self._directory.grants_of(principal, now)
        if len(grants) != 1:
            raise KeyRefusedError(f"{principal} has {len(grants)} grants: a program with access tokens has exactly one")
        return program(principal, name, grants[0], token.scopes), grants[0]

    async def last_use(self, key_id: str) -> datetime | None:
        """The hour in which the key was last used."""
        async with self._store.connection() as connection:
            row = await (await connection.execute(USED, [key_id])).fetchone()
        return row[0] if row else None

    async def _note_use(self, key_id: str, now: datetime) -> None:
        """Store the hour of *now* as that of the key's last use, once an hour and process."""
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if self._noted.get(key_id) == hour:
            return
        try:
            async with self._primary.connection() as connection:
                await connection.execute(NOTE_USE, [key_id, hour])
            self._noted[key_id] = hour
        except (psycopg.errors.ReadOnlySqlTransaction, PrimaryAwayError) as away:
            log.debug("key_use_not_noted", reason=str(away).strip())


def program(principal: str, name: str, grant: Grant, scopes: tuple[str, ...]) -> Caller:
    """A program as the caller of a request."""
    return caller_by(principal, name, grant, PrincipalKind.PROGRAM, scopes)


def caller_by(
    principal: str, name: str, grant: Grant, kind: PrincipalKind, scopes: tuple[str, ...] | None = None
) -> Caller:
    """*principal* as the caller of a request, by *grant*."""
    return Caller(
        id=principal,
        name=name,
        kind=kind,
        role=grant.role,
        over=grant.over,
        projects=grant.projects,
        as_agent=grant.as_agent,
        deputy_of=grant.deputy_of,
        scopes=scopes,
    )
