"""Directories of principals: one in memory, and one that adds the first administrator and the people of a demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from domain.access.principal import Grant, Key, PrincipalDirectory
from infrastructure.identity.accounts import Accounts, DemoPerson

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)  # before anything that a demo shows


class FixedDirectory:
    """Principals, grants and keys that are given once: for tests, and where nothing was granted yet."""

    def __init__(
        self,
        names: Mapping[str, str] | None = None,
        grants: Mapping[str, Sequence[Grant]] | None = None,
        keys: Mapping[str, Key] | None = None,
    ) -> None:
        self.names, self.grants, self.keys = dict(names or {}), dict(grants or {}), dict(keys or {})

    async def name_of(self, principal: str) -> str | None:
        return self.names.get(principal)

    async def grants_of(self, principal: str, at: datetime) -> Sequence[Grant]:
        return [grant for grant in self.grants.get(principal, ()) if grant.holds(at)]

    async def key(self, key_id: str) -> Key | None:
        return self.keys.get(key_id)


class AccountDirectory:
    """The first administrator and the people of a demonstration, beside those of *inner*."""

    def __init__(self, accounts: Accounts, inner: PrincipalDirectory) -> None:
        self._accounts, self._inner = accounts, inner

    async def name_of(self, principal: str) -> str | None:
        if name := await self._inner.name_of(principal):
            return name
        first = await self._accounts.administrator()
        if first is not None and first.principal == principal:
            return first.name
        return next(
            (person.name for person in await self._accounts.demo_people() if person.principal == principal), None
        )

    async def grants_of(self, principal: str, at: datetime) -> Sequence[Grant]:
        granted = list(await self._inner.grants_of(principal, at))
        first = await self._accounts.administrator()
        if first is not None and first.principal == principal:
            granted.append(first.grant)
        people = await self._accounts.demo_people()
        return granted + [_grant(person) for person in people if person.principal == principal]

    async def key(self, key_id: str) -> Key | None:
        return await self._inner.key(key_id)


def _grant(person: DemoPerson) -> Grant:
    return Grant(person.grant_id, person.role, ALWAYS, over=person.over)
