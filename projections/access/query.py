"""Who could do what on a day, as known at an instant: grants, deputies and merges as they then were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct

from domain.access.departments import DEPARTMENTS_STREAM, DepartmentMerge, Departments
from domain.access.derived import DeputyPeriod, effective_grants
from domain.access.principal import Grant, PrincipalKind
from domain.access.state import Deputyship
from domain.core.ledger import Role
from projections.reader import Reader
from projections.view import literal

KNOWN: LiteralString = "v.known_from <= %(known)s AND (v.known_until IS NULL OR v.known_until > %(known)s)"
ON: LiteralString = "v.valid_from <= %(on)s AND (v.valid_until IS NULL OR v.valid_until > %(on)s)"
GRANTS: LiteralString = f"""
    SELECT v.id, v.grant_id, v.role, v.valid_from, v.valid_until, v.over_code, v.projects, v.as_agent
    FROM views.access_grant AS v WHERE {ON} AND {KNOWN} ORDER BY v.id, v.nth
"""  # noqa: S608 our own constants
DEPUTIES: LiteralString = f"""
    SELECT v.id, v.deputy, v.valid_from, v.valid_until FROM views.access_deputy AS v
    WHERE {ON} AND {KNOWN} ORDER BY v.id, v.nth
"""  # noqa: S608 our own constants
MERGES: LiteralString = """
    SELECT v.department, v.into_department, v.valid_from FROM views.access_merge AS v
    WHERE v.valid_from <= %(on)s AND v.known_from <= %(known)s
"""
PRINCIPALS: LiteralString = """
    SELECT v.id, v.kind, v.name, v.registered_at,
           CASE WHEN v.closing_known <= %(known)s THEN v.closed_at END
    FROM views.access_principal AS v
    WHERE v.known_from <= %(known)s AND (%(id)s::text IS NULL OR v.id = %(id)s::text)
      AND concat_ws(' ', v.id, v.name) ILIKE %(pattern)s
    ORDER BY v.id LIMIT %(limit)s OFFSET %(offset)s
"""
KEYS: LiteralString = f"""
    SELECT v.key_id, v.id, v.grant_id, v.scopes, v.secrets, v.valid_until, v.revoked_at
    FROM views.access_key AS v WHERE {KNOWN} AND (%(id)s::text IS NULL OR v.id = %(id)s::text) ORDER BY v.id, v.nth
"""  # noqa: S608 our own constants
PRINCIPALS_MAX = 100_000


class ListedPrincipal(Struct, frozen=True):
    """A person or program in the directory; *closed_at*: taken out of it."""

    id: str
    kind: PrincipalKind
    name: str
    registered_at: datetime
    closed_at: datetime | None


class ListedKey(Struct, frozen=True):
    """A key: whose, under which grant, for what, and how many of its secrets are stored."""

    key: str
    principal: str
    grant: UUID
    scopes: list[str]
    secrets: int
    expires_at: datetime | None
    revoked_at: datetime | None


class HeldGrant(Struct, frozen=True):
    """A grant, and who holds it."""

    principal: str
    grant: Grant


class AccessBook:
    """Reads the tables of principals as of the instant *on*, by what was known at *known*."""

    def __init__(self, store: Reader, on: datetime, known: datetime) -> None:
        self._store, self._on, self._known = store, on, known

    async def principals(
        self, principal: str | None = None, limit: int = PRINCIPALS_MAX, offset: int = 0, text: str = ""
    ) -> list[ListedPrincipal]:
        """All who were registered, or the one of that id; with *text* in id or name."""
        params: dict[str, object] = {"id": principal, "limit": limit, "offset": offset, "pattern": f"%{literal(text)}%"}
        rows = await self._rows(PRINCIPALS, params)
        return [ListedPrincipal(row[0], PrincipalKind(row[1]), *row[2:]) for row in rows]

    async def keys(self, principal: str | None = None) -> list[ListedKey]:
        """The keys of all programs, or of one, with those that were revoked."""
        return [ListedKey(*row) for row in await self._rows(KEYS, {"id": principal})]

    async def grants(self, principals: Sequence[str] | None = None) -> list[HeldGrant]:
        """The grants in force, also of deputies and of merged departments; of all, or of these *principals*."""
        own: dict[str, list[Grant]] = {}
        for row in await self._rows(GRANTS, {}):
            own.setdefault(row[0], []).append(_grant(row))
        deputyships = [DeputyPeriod(row[0], Deputyship(*row[1:])) for row in await self._rows(DEPUTIES, {})]
        departments = Departments(DEPARTMENTS_STREAM)
        departments.merges.update({row[0]: DepartmentMerge(*row[1:]) for row in await self._rows(MERGES, {})})
        if principals is None:
            principals = sorted(own.keys() | {deputising.period.deputy for deputising in deputyships})
        return [
            HeldGrant(person, grant)
            for person in principals
            for grant in effective_grants(person, own, deputyships, departments, self._on)
        ]

    async def _rows(self, query: LiteralString, params: dict[str, object]) -> Sequence[tuple[Any, ...]]:
        async with self._store.cursor() as cursor:
            await cursor.execute(query, {"on": self._on, "known": self._known, **params})
            return await cursor.fetchall()


def _grant(row: tuple[Any, ...]) -> Grant:
    _, grant_id, role, valid_from, valid_until, over, projects, as_agent = row
    limited = tuple(UUID(project) for project in projects)
    return Grant(grant_id, Role(role), valid_from, valid_until, over, limited, as_agent)
