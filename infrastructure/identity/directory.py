"""The directory's interface for sign-in, and a directory in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from domain.access.principal import Grant, Key, KeyHolder, PrincipalDirectory
from domain.core.ledger import Role


class AppointingDirectory(PrincipalDirectory, Protocol):
    """A directory that knows its administrators, and in which the first administrator is registered."""

    async def administrators(self, at: datetime) -> Sequence[str]:
        """The principals that hold a grant as administrator at *at*."""

    async def appoint(self, principal: str, name: str, at: datetime) -> bool:
        """Register *principal* as an administrator; False where one of that id is registered already."""


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

    async def holder(self, key_id: str, at: datetime) -> KeyHolder | None:
        key = self.keys.get(key_id)
        if key is None:
            return None
        return KeyHolder(key, self.names.get(key.principal), tuple(await self.grants_of(key.principal, at)))

    async def administrators(self, at: datetime) -> Sequence[str]:
        return [
            principal
            for principal, grants in self.grants.items()
            if any(grant.role is Role.ADMINISTRATOR and grant.holds(at) for grant in grants)
        ]

    async def appoint(self, principal: str, name: str, at: datetime) -> bool:
        if principal in self.names:
            return False
        self.names[principal] = name
        self.grants[principal] = [Grant(uuid4(), Role.ADMINISTRATOR, at)]
        return True
