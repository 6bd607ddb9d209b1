"""申请草稿 drafts of applications: saved with every page, read by their owner alone, deleted after ninety days.

A draft is no fact: nothing of it is in the ledger until it is handed in. It names files that were uploaded for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
from msgspec import Struct, json

from infrastructure.ledger.reader import Store

DAYS = 90
LIFETIME = timedelta(hours=24 * DAYS)
OPEN_MAX = 50  # drafts of one person that were not handed in: each item of two projects
COLUMNS: LiteralString = "id, owner, project, item, content, created_at, saved_at, expires_at, case_number"
INSERT: LiteralString = f"""
    INSERT INTO process.application_draft (id, owner, project, item, content, created_at, saved_at, expires_at)
    SELECT %(id)s, %(owner)s, %(project)s, %(item)s, %(content)s, %(now)s, %(now)s, %(until)s
    WHERE (SELECT count(*) FROM process.application_draft
           WHERE owner = %(owner)s AND case_number = '' AND expires_at > %(now)s) < %(most)s
    RETURNING {COLUMNS}
"""  # noqa: S608 our own constants
OPEN_DRAFT: LiteralString = f"""
    SELECT {COLUMNS} FROM process.application_draft
    WHERE owner = %(owner)s AND project = %(project)s AND item = %(item)s AND case_number = '' AND expires_at > %(now)s
    ORDER BY saved_at DESC LIMIT 1
"""  # noqa: S608 our own constants
FIND: LiteralString = f"""
    SELECT {COLUMNS} FROM process.application_draft WHERE id = %(id)s AND owner = %(owner)s AND expires_at > %(now)s
"""  # noqa: S608 our own constants
OF: LiteralString = f"""
    SELECT {COLUMNS} FROM process.application_draft WHERE owner = %(owner)s AND expires_at > %(now)s
    ORDER BY saved_at DESC LIMIT %(most)s
"""  # noqa: S608 our own constants
SAVE: LiteralString = f"""
    UPDATE process.application_draft SET content = %(content)s, saved_at = %(now)s, expires_at = %(until)s
    WHERE id = %(id)s RETURNING {COLUMNS}
"""  # noqa: S608 our own constants
HAND_IN: LiteralString = """
    UPDATE process.application_draft SET case_number = %(case_number)s, saved_at = %(now)s
    WHERE id = %(id)s AND owner = %(owner)s
"""
DELETE: LiteralString = "DELETE FROM process.application_draft WHERE id = %s AND owner = %s RETURNING id"
FILES: LiteralString = """
    SELECT DISTINCT file ->> 'digest'
    FROM process.application_draft, json_array_elements(content::json -> 'files') AS file
    WHERE case_number = ''
    UNION
    SELECT unnest(digests) FROM process.form_draft
"""  # of applications that may still be handed in, and of half-filled forms


class DraftFile(Struct, frozen=True):
    """A file for the *requirement* of the item's list, by its name; *reused*: the project has it for another item."""

    digest: str
    name: str
    media_type: str
    size: int
    requirement: str
    reused: bool = False


class DraftContent(Struct, frozen=True):
    """What was filled in so far. *checked*: the data of project and enterprise were looked at and are right.

    *on_paper* are the requirements whose papers are handed in at the window.
    """

    checked: bool = False
    undertaking: bool = False
    licence_item: str = ""
    licence_number: str = ""
    valid_through: date | None = None
    files: tuple[DraftFile, ...] = ()
    on_paper: tuple[str, ...] = ()


class ApplicationDraft(Struct, frozen=True):
    """One draft. *case_number* is that of the application it became, empty until it is handed in."""

    id: UUID
    owner: str
    project: UUID
    item: str
    content: DraftContent
    created_at: datetime
    saved_at: datetime
    expires_at: datetime
    case_number: str = ""


class ApplicationDrafts:
    """The drafts in one database. Every query names the owner: a stranger's draft is as none."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def begin(self, owner: str, project: UUID, item: str, now: datetime) -> ApplicationDraft | None:
        """The owner's open draft of this application, or a new one; None where he has OPEN_MAX already."""
        params = {"owner": owner, "project": project, "item": item, "now": now, "until": now + LIFETIME}
        params |= {"id": uuid4(), "content": json.encode(DraftContent()).decode(), "most": OPEN_MAX}
        async with self._store.connection() as connection:
            row = await (await connection.execute(OPEN_DRAFT, params)).fetchone()
            row = row or await (await connection.execute(INSERT, params)).fetchone()
        return _draft(row) if row else None

    async def find(self, draft: UUID, owner: str, now: datetime) -> ApplicationDraft | None:
        """The owner's draft; None where there is none, or it is over."""
        async with self._store.connection() as connection:
            row = await (await connection.execute(FIND, {"id": draft, "owner": owner, "now": now})).fetchone()
        return _draft(row) if row else None

    async def of(self, owner: str, now: datetime) -> list[ApplicationDraft]:
        """The owner's drafts, the one saved last first; those handed in too."""
        async with self._store.connection() as connection:
            cursor = await connection.execute(OF, {"owner": owner, "now": now, "most": 2 * OPEN_MAX})
            return [_draft(row) for row in await cursor.fetchall()]

    async def change(
        self, draft: UUID, owner: str, now: datetime, edit: Callable[[DraftContent], DraftContent]
    ) -> ApplicationDraft | None:
        """Save what *edit* makes of the content; two pages at once both count. None where there is no open draft."""
        params = {"id": draft, "owner": owner, "now": now, "until": now + LIFETIME}
        async with self._store.connection() as connection, connection.transaction():
            row = await (await connection.execute(f"{FIND} FOR UPDATE", params)).fetchone()
            if row is None or row[-1]:
                return None
            content = edit(_draft(row).content)
            saved = await connection.execute(SAVE, params | {"content": json.encode(content).decode()})
            row = await saved.fetchone()
        return _draft(row) if row else None

    async def hand_in(self, draft: UUID, owner: str, case_number: str, now: datetime) -> None:
        """The draft became the application *case_number*."""
        params = {"id": draft, "owner": owner, "case_number": case_number, "now": now}
        async with self._store.connection() as connection:
            await connection.execute(HAND_IN, params)

    async def delete(self, draft: UUID, owner: str) -> bool:
        """Delete the owner's draft; False where there was none."""
        async with self._store.connection() as connection:
            return await (await connection.execute(DELETE, [draft, owner])).fetchone() is not None


def files_of_drafts(connection: psycopg.Connection[tuple[str, ...]]) -> set[str]:
    """The digests of files that drafts name: they are attached nowhere yet, and must not be swept."""
    return {digest for (digest,) in connection.execute(FILES).fetchall()}


def _draft(row: tuple[object, ...]) -> ApplicationDraft:
    draft, owner, project, item, content, *rest = row
    return ApplicationDraft(draft, owner, project, item, json.decode(str(content), type=DraftContent), *rest)  # type: ignore[arg-type]  # a row
