"""Mail addresses for messages: entered by their owner, used once confirmed, and never shown to others."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import LiteralString
from uuid import UUID, uuid4

from msgspec import Struct

from infrastructure.ledger.reader import Store
from infrastructure.privacy.keystore import Keystore

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")  # as in HTML
ADDRESS_CHARACTERS_MAX = 254  # RFC 5321, 4.5.3.1.3
PURPOSE = "mail"
CODE_BYTES = 18
TO_CONFIRM = timedelta(hours=24 * 7)  # then an address that was not confirmed is forgotten
COLUMNS: LiteralString = (
    "id, principal, grant_id, address, language, position, asked_at, confirmed_at, failures, next_at, trouble"
)
ENTER: LiteralString = f"""
    INSERT INTO process.mail_address (id, principal, grant_id, address, language, position, created_at, next_at)
    VALUES (%(id)s, %(principal)s, %(grant)s, %(address)s, %(language)s, %(position)s, %(now)s, %(now)s)
    ON CONFLICT (principal, grant_id) DO UPDATE SET
        id = excluded.id, address = excluded.address, language = excluded.language, position = excluded.position,
        created_at = excluded.created_at, next_at = excluded.next_at, asked_at = NULL, confirmed_at = NULL,
        failures = 0, trouble = ''
    RETURNING {COLUMNS}
"""  # noqa: S608 our own constants
OF: LiteralString = f"SELECT {COLUMNS} FROM process.mail_address WHERE principal = %s AND grant_id = %s"  # noqa: S608
FIND: LiteralString = f"SELECT {COLUMNS} FROM process.mail_address WHERE id = %s"  # noqa: S608 our own constants
DUE: LiteralString = f"""
    SELECT {COLUMNS} FROM process.mail_address
    WHERE next_at <= %s AND (asked_at IS NULL OR confirmed_at IS NOT NULL) ORDER BY next_at LIMIT %s
"""  # noqa: S608 our own constants
CONFIRM: LiteralString = """
    UPDATE process.mail_address SET confirmed_at = coalesce(confirmed_at, %s) WHERE id = %s RETURNING id
"""
UNCONFIRMED: LiteralString = "DELETE FROM process.mail_address WHERE confirmed_at IS NULL AND created_at < %s"
DELETE: LiteralString = "DELETE FROM process.mail_address WHERE id = %s"
SENT: LiteralString = """
    UPDATE process.mail_address SET position = greatest(position, %(position)s), next_at = %(next_at)s, failures = 0,
        trouble = '', asked_at = coalesce(asked_at, %(asked_at)s)
    WHERE id = %(id)s
"""
FAILED: LiteralString = """
    UPDATE process.mail_address SET failures = failures + 1, next_at = %(next_at)s, trouble = %(trouble)s
    WHERE id = %(id)s
"""


class MailAddress(Struct, frozen=True):
    """One mail address, for the inbox of one grant of its owner."""

    id: UUID
    principal: str
    grant_id: UUID
    address: str
    language: str
    position: int
    asked_at: datetime | None
    confirmed_at: datetime | None
    failures: int
    next_at: datetime
    trouble: str


def code_of(keystore: Keystore, address: UUID) -> str:
    """The code in the links of a mail, which proves its receipt. Raises KeystoreError."""
    return urlsafe_b64encode(hmac.digest(keystore.secret(PURPOSE), address.bytes, sha256)[:CODE_BYTES]).decode()


class MailAddresses:
    """Repository of the mail addresses."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def enter(
        self, principal: str, grant_id: UUID, address: str, language: str, position: int, now: datetime
    ) -> MailAddress:
        """Replace the address of a grant; events after *position* are sent once it is confirmed."""
        params = {"id": uuid4(), "principal": principal, "grant": grant_id, "address": address, "language": language}
        async with self._store.connection() as connection:
            cursor = await connection.execute(ENTER, params | {"position": position, "now": now})
            row = await cursor.fetchone()
        assert row is not None
        return MailAddress(*row)

    async def of(self, principal: str, grant_id: UUID) -> MailAddress | None:
        """The address of *principal* for the inbox of a grant."""
        async with self._store.connection() as connection:
            row = await (await connection.execute(OF, [principal, grant_id])).fetchone()
        return MailAddress(*row) if row else None

    async def find(self, address: UUID) -> MailAddress | None:
        """The address with this id."""
        async with self._store.connection() as connection:
            row = await (await connection.execute(FIND, [address])).fetchone()
        return MailAddress(*row) if row else None

    async def due(self, now: datetime, limit: int) -> Sequence[MailAddress]:
        """Addresses with a mail due: to be confirmed, or confirmed. Unconfirmed ones expire and are deleted."""
        async with self._store.connection() as connection:
            await connection.execute(UNCONFIRMED, [now - TO_CONFIRM])
            return [MailAddress(*row) for row in await (await connection.execute(DUE, [now, limit])).fetchall()]

    async def confirm(self, address: UUID, now: datetime) -> bool:
        """Mark the address as confirmed; False if it was removed."""
        async with self._store.connection() as connection:
            return await (await connection.execute(CONFIRM, [now, address])).fetchone() is not None

    async def end(self, address: UUID) -> None:
        """Remove the address."""
        async with self._store.connection() as connection:
            await connection.execute(DELETE, [address])

    async def note_sent(self, address: UUID, position: int, next_at: datetime, asked_at: datetime | None) -> None:
        """Note that all messages up to *position* were sent; *asked_at*: when the confirmation was sent."""
        params = {"id": address, "position": position, "next_at": next_at, "asked_at": asked_at}
        async with self._store.connection() as connection:
            await connection.execute(SENT, params)

    async def note_failed(self, address: UUID, next_at: datetime, trouble: str) -> None:
        """Note a failed delivery."""
        async with self._store.connection() as connection:
            await connection.execute(FAILED, {"id": address, "next_at": next_at, "trouble": trouble[:500]})
