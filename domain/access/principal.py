"""Principals: the people and programs that send requests, what was granted to them, and the caller of one request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from domain.core.ledger import Actor, Role


class PrincipalKind(StrEnum):
    """What sends requests: a person who signs in, a program with a key, or the system itself."""

    PERSON = "person"
    PROGRAM = "program"
    SYSTEM = "system"


class Grant(Struct, frozen=True, gc=False):
    """A role given to a principal, over what, and for how long.

    *over* is the code of a department for officers, window clerks and integrators; the unified social credit code of
    an enterprise for applicants; empty for roles of the whole zone. *projects* limits it to some projects; empty: all
    of what it is over. *as_agent*: by a mandate of the enterprise (委托). *deputy_of*: the principal whose work this
    one does for the time being. It holds from *valid_from* until before *valid_until*.
    """

    id: UUID
    role: Role
    valid_from: datetime
    valid_until: datetime | None = None
    over: str = ""
    projects: tuple[UUID, ...] = ()
    as_agent: bool = False
    deputy_of: str = ""

    def holds(self, at: datetime) -> bool:
        """Whether the grant is in force at the instant *at*."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


class Key(Struct, frozen=True, gc=False):
    """An API key of a program: at most two secrets at a time, of which only SHA-256 digests are stored.

    *scopes* name what it may be used for: `commands:<name>`, `commands:*`, `read:<subject>`, `read:*`, `feed`,
    `webhooks`.
    """

    id: str
    principal: str
    grant: UUID
    digests: tuple[bytes, ...]
    scopes: tuple[str, ...]
    expires_at: datetime | None = None


class Caller(Struct, frozen=True, gc=False):
    """Who sends this request, in which role, over which department or enterprise.

    *id* is permanent: the ledger has it as the actor's. *scopes* is None for people, who may do all that their
    role allows; for programs, those of the key or token.
    """

    id: str
    name: str
    kind: PrincipalKind
    role: Role
    over: str = ""
    projects: tuple[UUID, ...] = ()
    as_agent: bool = False
    deputy_of: str = ""
    scopes: tuple[str, ...] | None = None

    @property
    def actor(self) -> Actor:
        """The caller as the ledger names it."""
        return Actor(self.id, self.over, self.role)


class KeyHolder(Struct, frozen=True, gc=False):
    """A key with the program that it was issued to: its name, None for one that was closed, and the grants it holds."""

    key: Key
    name: str | None
    grants: tuple[Grant, ...]


class PrincipalDirectory(Protocol):
    """Where principals, grants and keys are looked up; changes show at the next look-up."""

    async def name_of(self, principal: str) -> str | None:
        """The principal's name; None for one who is not registered or was closed."""

    async def grants_of(self, principal: str, at: datetime) -> Sequence[Grant]:
        """The grants that hold at *at*."""

    async def key(self, key_id: str) -> Key | None:
        """The key *key_id*; None where there is none, or it was revoked."""

    async def holder(self, key_id: str, at: datetime) -> KeyHolder | None:
        """The key *key_id* and its program with the grants that hold at *at*, in one look-up; None as `key`."""
