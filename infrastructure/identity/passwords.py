"""Password accounts of our own: Argon2id hashes, computed in a thread, at most two at a time."""

from __future__ import annotations

import asyncio
import unicodedata
from datetime import datetime
from typing import LiteralString

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from infrastructure.ledger.reader import Store

PARALLEL_MAX = 2  # each takes 64 MiB and a core for some 50 ms
CHARACTERS_MIN = 10  # NIST SP 800-63B asks for 8 with a second factor, 15 alone; attempts are rate-limited here
CHARACTERS_MAX = 200
LOGIN_CHARACTERS_MAX = 64
FIND: LiteralString = "SELECT principal, hash FROM identity.password WHERE login = %s"
SET: LiteralString = """
    INSERT INTO identity.password (login, principal, hash, changed_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (login) DO UPDATE SET principal = excluded.principal, hash = excluded.hash,
    changed_at = excluded.changed_at
"""
REHASH: LiteralString = "UPDATE identity.password SET hash = %s WHERE login = %s AND hash = %s"
COMMON = frozenset({"1234567890", "0123456789", "password123", "qwertyuiop", "1q2w3e4r5t", "countersign"})


class PasswordUnfitError(Exception):
    """A password that is not accepted. The sentence says why."""


class VerifiedPassword(Struct, frozen=True):
    """The principal whose password was right."""

    login: str
    principal: str


def normalized(password: str) -> str:
    """*password* in Unicode's NFKC form: the same on every keyboard."""
    return unicodedata.normalize("NFKC", password)


def require_fit(login: str, password: str) -> None:
    """Raises PasswordUnfitError where *password* is too short, too long or easily guessed."""
    password = normalized(password)
    if not CHARACTERS_MIN <= len(password) <= CHARACTERS_MAX:
        raise PasswordUnfitError(f"a password has {CHARACTERS_MIN} to {CHARACTERS_MAX} characters")
    if password.lower() in COMMON or len(set(password)) < CHARACTERS_MIN // 2 or login.lower() in password.lower():
        raise PasswordUnfitError(
            "the password is easily guessed: choose several words, without the name you sign in with"
        )


class Passwords:
    """Login names and hashes in one database."""

    def __init__(self, store: Store, hasher: PasswordHasher | None = None) -> None:
        self._store = store
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(PARALLEL_MAX)
        self._decoy = ""

    async def set(self, login: str, principal: str, password: str, now: datetime) -> None:
        """Let *principal* sign in as *login*. Raises PasswordUnfitError."""
        if not 0 < len(login) <= LOGIN_CHARACTERS_MAX or login != login.strip():
            raise PasswordUnfitError(
                f"a login name has 1 to {LOGIN_CHARACTERS_MAX} characters, without spaces around it"
            )
        require_fit(login, password)
        hashed = await self._hash(normalized(password))
        async with self._store.connection() as connection:
            await connection.execute(SET, [login, principal, hashed, now])

    async def verify(self, login: str, password: str) -> VerifiedPassword | None:
        """Who signs in as *login* with *password*; None where either is wrong, after the same amount of work."""
        if len(password) > CHARACTERS_MAX or len(login) > LOGIN_CHARACTERS_MAX or "\0" in login:
            login, password = "", ""
        async with self._store.connection() as connection:
            row = await (await connection.execute(FIND, [login])).fetchone()
        principal, hashed = row or ("", await self._decoy_hash())
        if not await self._matches(hashed, normalized(password)) or not principal:
            return None
        if self._hasher.check_needs_rehash(hashed):
            renewed = await self._hash(normalized(password))
            async with self._store.connection() as connection:
                await connection.execute(REHASH, [renewed, login, hashed])
        return VerifiedPassword(login, principal)

    async def _hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def _matches(self, hashed: str, password: str) -> bool:
        async with self._turns:
            try:
                return await asyncio.to_thread(self._hasher.verify, hashed, password)
            except (VerificationError, InvalidHashError):
                return False

    async def _decoy_hash(self) -> str:
        """A hash for login names that do not exist: the time of an answer reveals nothing."""
        if not self._decoy:
            self._decoy = await self._hash("no such account")
        return self._decoy
