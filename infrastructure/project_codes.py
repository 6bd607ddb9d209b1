"""Claims on project codes: of two registrations under one code, however close together, only one is carried out."""

from __future__ import annotations

from typing import LiteralString
from uuid import UUID

from psycopg.errors import UndefinedTable

from infrastructure.ledger.reader import Store

# A registration is answered within half a minute. A claim this old, of a project that is still not in the ledger, was
# left behind by a process that died in between.
ABANDONED_SECONDS = 600
CLAIM = """
    INSERT INTO process.project_code AS c (code, project) VALUES (%(code)s, %(project)s)
    ON CONFLICT (code) DO UPDATE SET project = excluded.project, claimed_at = clock_timestamp()
    WHERE c.project <> excluded.project AND c.claimed_at < clock_timestamp() - make_interval(secs => %(seconds)s)
      AND NOT EXISTS (SELECT FROM ledger.stream AS s WHERE s.stream = c.project)
    RETURNING c.project
"""
OWNER = "SELECT c.project FROM process.project_code AS c WHERE c.code = %(code)s"
HELD = """
    SELECT c.project FROM process.project_code AS c
    WHERE c.code = %(code)s AND c.project <> %(project)s
      AND (c.claimed_at >= clock_timestamp() - make_interval(secs => %(seconds)s)
           OR EXISTS (SELECT FROM ledger.stream AS s WHERE s.stream = c.project))
"""
REGISTERED = """
    SELECT p.project FROM views.project AS p
    WHERE p.code = %(code)s AND p.register = '' AND p.project <> %(project)s ORDER BY p.project LIMIT 1
"""
RELEASE = """
    DELETE FROM process.project_code AS c WHERE c.code = %(code)s AND c.project = %(project)s RETURNING c.project
"""


class ProjectCodes:
    """The codes claimed in the database of *store*."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def owner(self, code: str, project: UUID) -> UUID | None:
        """Another project of the zone that is registered under *code*, as far as the views know."""
        try:
            return await self._id(REGISTERED, code, project)
        except UndefinedTable:  # a new installation, whose views are still to be made: all its codes are claimed
            return None

    async def holder(self, code: str, project: UUID) -> UUID | None:
        """Another project that is registered under *code*, or has claimed it: what a claim would come up against."""
        return await self.owner(code, project) or await self._id(HELD, code, project)

    async def claim(self, code: str, project: UUID) -> tuple[UUID, bool]:
        """Which project has *code* now, and whether it was claimed for *project* just now."""
        if other := await self.owner(code, project):
            return other, False
        if await self._id(CLAIM, code, project):
            return project, True
        return await self._id(OWNER, code, project) or project, False

    async def release(self, code: str, project: UUID) -> None:
        """Give *code* back, as *project* was not registered under it."""
        await self._id(RELEASE, code, project)

    async def _id(self, query: LiteralString, code: str, project: UUID) -> UUID | None:
        params = {"code": code, "project": project, "seconds": ABANDONED_SECONDS}
        async with self._store.cursor() as cursor:
            await cursor.execute(query, params)
            row = await cursor.fetchone()
        return row[0] if row else None
