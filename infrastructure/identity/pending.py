"""Sign-ins that went to the provider and logout tokens that were used: each answer is accepted once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import LiteralString

from infrastructure.identity.oidc import PendingSignIn
from infrastructure.identity.tokens import digest_of
from infrastructure.ledger.reader import Store

PENDING_MINUTES = 10
STORE: LiteralString = """
    INSERT INTO identity.pending_sign_in (digest, browser, nonce, verifier, return_to, expires_at)
    VALUES (%s, %s, %s, %s, %s, %s)
"""
TAKE: LiteralString = """
    DELETE FROM identity.pending_sign_in WHERE digest = %s AND browser = %s AND expires_at > %s
    RETURNING nonce, verifier, return_to
"""
USE: LiteralString = """
    INSERT INTO identity.used_token (id, expires_at) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING id
"""


class PendingSignIns:
    """Pending sign-ins in one database: stored when a browser leaves for the provider, taken when it comes back."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def store(self, pending: PendingSignIn, browser: str, return_to: str, now: datetime) -> None:
        """Remember *pending*, begun by the browser whose cookie holds *browser*."""
        expires = now + timedelta(minutes=PENDING_MINUTES)
        params = [digest_of(pending.state), digest_of(browser), pending.nonce, pending.verifier, return_to, expires]
        async with self._store.connection() as connection:
            await connection.execute(STORE, params)

    async def take(self, state: str, browser: str, now: datetime) -> tuple[PendingSignIn, str] | None:
        """The pending sign-in with *state*, if the same browser began it, and where it leads; None if it was taken
        before.
        """
        async with self._store.connection() as connection:
            cursor = await connection.execute(TAKE, [digest_of(state), digest_of(browser), now])
            row = await cursor.fetchone()
        return (PendingSignIn(state, row[0], row[1]), row[2]) if row else None

    async def use(self, token_id: str, expires_at: int) -> bool:
        """Note that a logout token was used; False where it was used before."""
        expires = datetime.fromtimestamp(expires_at, UTC)
        async with self._store.connection() as connection:
            return await (await connection.execute(USE, [token_id, expires])).fetchone() is not None
