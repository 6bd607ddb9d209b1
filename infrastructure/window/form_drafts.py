"""表单草稿 half-filled forms of commands: saved as they are filled in, read by their owner alone, deleted when sent.

A draft is no fact. It holds the fields of the form, and names files that were stored for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString

import psycopg
import structlog
from msgspec import Struct, json

from infrastructure.ledger.reader import Store
from infrastructure.window.drafts import LIFETIME

DRAFTS_MAX = 50  # of one person; the one saved longest ago makes room
SAVE: LiteralString = """
    INSERT INTO process.form_draft (owner, form, content, saved_at, expires_at)
    VALUES (%(owner)s, %(form)s, %(content)s, %(now)s, %(until)s)
    ON CONFLICT (owner, form) DO UPDATE
    SET content = excluded.content, saved_at = excluded.saved_at, expires_at = excluded.expires_at
"""
MAKE_ROOM: LiteralString = """
    DELETE FROM process.form_draft WHERE expires_at <= %(now)s OR (owner = %(owner)s AND form IN (
        SELECT form FROM process.form_draft WHERE owner = %(owner)s ORDER BY saved_at DESC, form OFFSET %(most)s))
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
        """Save what the owner filled in; False where the database can't be written."""
        given = {"owner": owner, "form": form, "content": json.encode(content).decode()}
        given_times = {"now": now, "until": now + LIFETIME, "most": DRAFTS_MAX}
        try:
            async with self._store.connection() as connection, connection.transaction():
                await connection.execute(SAVE, given | given_times)
                await connection.execute(MAKE_ROOM, given | given_times)
        except psycopg.errors.ReadOnlySqlTransaction:
            log.debug("form_draft_not_saved", reason="the database is read-only")
            return False
        return True

    async def find(self, owner: str, form: str, now: datetime) -> FormDraft | None:
        """The owner's draft of a form; None where there is none, or it is over."""
        async with self._store.connection() as connection:
            row = await (await connection.execute(FIND, [owner, form, now])).fetchone()
        return FormDraft(json.decode(row[0], type=FormDraftContent), row[1]) if row else None

    async def delete(self, owner: str, form: str) -> None:
        """Delete the owner's draft of a form, if there is one."""
        async with self._store.connection() as connection:
            await connection.execute(DELETE, [owner, form])
