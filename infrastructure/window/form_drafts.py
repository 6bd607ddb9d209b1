"""表单草稿 half-filled forms of commands: saved as they are filled in, read by their owner alone, deleted when sent.

A draft is no fact. It holds the fields of the form, which may be personal data, so that it is stored encrypted
(AES-256-GCM-SIV, RFC 8452) under a secret of the keystore, bound to its owner and form.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import LiteralString

import psycopg
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from msgspec import Struct, json

from infrastructure.ledger.reader import Store
from infrastructure.privacy.current import keystore
from infrastructure.privacy.keystore import KeystoreError
from infrastructure.window.drafts import LIFETIME

PURPOSE, NONCE_BYTES = "form drafts", 12
DRAFTS_MAX = 50  # of one person; the one saved longest ago makes room
SAVE: LiteralString = """
    INSERT INTO process.form_draft (owner, form, content, digests, saved_at, expires_at)
    VALUES (%(owner)s, %(form)s, %(content)s, %(digests)s, %(now)s, %(until)s)
    ON CONFLICT (owner, form) DO UPDATE SET content = excluded.content, digests = excluded.digests,
        saved_at = excluded.saved_at, expires_at = excluded.expires_at
"""
MAKE_ROOM: LiteralString = """
    DELETE FROM process.form_draft WHERE owner = %(owner)s AND form IN (
        SELECT form FROM process.form_draft WHERE owner = %(owner)s ORDER BY saved_at DESC, form OFFSET %(most)s)
"""
FIND: LiteralString = """
    SELECT content, saved_at FROM process.form_draft WHERE owner = %s AND form = %s AND expires_at > %s
"""
DELETE: LiteralString = "DELETE FROM process.form_draft WHERE owner = %s AND form = %s"

log = structlog.get_logger()


class FormFile(Struct, frozen=True):
    """One file that came with a form and is stored, as `attach_material` names it. *size* is in bytes."""

    digest: str
    size: int
    media_type: str
    name: str


class FormDraftContent(Struct, frozen=True):
    """What was filled in: texts by the names of fields, and files."""

    values: dict[str, list[str]] = {}
    files: list[FormFile] = []


class FormDraft(Struct, frozen=True):
    """A half-filled form, and when it was saved last."""

    content: FormDraftContent
    saved_at: datetime


class FormDrafts:
    """The drafts in one database. Every query names the owner."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def save(self, owner: str, form: str, content: FormDraftContent, now: datetime) -> bool:
        """Save what the owner filled in; False where the database can't be written, or the keystore not be read."""
        digests = [file.digest for file in content.files]
        params: dict[str, object] = {"owner": owner, "form": form, "digests": digests, "most": DRAFTS_MAX}
        try:
            params |= {"content": _sealed(owner, form, content), "now": now, "until": now + LIFETIME}
            async with self._store.connection() as connection, connection.transaction():
                await connection.execute(SAVE, params)
                await connection.execute(MAKE_ROOM, params)
        except (psycopg.errors.ReadOnlySqlTransaction, KeystoreError) as unable:
            log.warning("form_draft_not_saved", error=str(unable).strip())
            return False
        return True

    async def find(self, owner: str, form: str, now: datetime) -> FormDraft | None:
        """The owner's draft of a form; None where there is none, it is over, or its key is another one's."""
        async with self._store.connection() as connection:
            row = await (await connection.execute(FIND, [owner, form, now])).fetchone()
        if row is None:
            return None
        try:
            return FormDraft(_opened(owner, form, row[0]), row[1])
        except (InvalidTag, KeystoreError) as unable:
            log.warning("form_draft_not_readable", error=type(unable).__name__)
            return None

    async def delete(self, owner: str, form: str) -> None:
        """Delete the owner's draft of a form, if there is one."""
        async with self._store.connection() as connection:
            await connection.execute(DELETE, [owner, form])


def _sealed(owner: str, form: str, content: FormDraftContent) -> bytes:
    """*content* as it is stored: a nonce, then what the cipher makes of it. Raises KeystoreError."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher().encrypt(nonce, json.encode(content), _bound_to(owner, form))


def _opened(owner: str, form: str, sealed: bytes) -> FormDraftContent:
    """What `_sealed` was given. Raises KeystoreError, and InvalidTag under another secret."""
    nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    return json.decode(_cipher().decrypt(nonce, text, _bound_to(owner, form)), type=FormDraftContent)


def _cipher() -> AESGCMSIV:
    return AESGCMSIV(keystore().secret(PURPOSE))


def _bound_to(owner: str, form: str) -> bytes:
    return f"{owner}\n{form}".encode()
