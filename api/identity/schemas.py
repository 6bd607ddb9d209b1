"""The caller as it sees itself: its id, kind, role, what it acts for, its scopes and grants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from domain.access.principal import Caller, Grant, PrincipalKind
from domain.core.ledger import Role


class GrantOfCaller(Struct, frozen=True):
    """A role that the caller holds now."""

    id: UUID
    role: Role
    over: Annotated[str, Meta(description="Department, or code of the enterprise; empty: the whole zone.")] = ""
    valid_until: datetime | None = None
    deputy_of: Annotated[str, Meta(description="Whose work the caller does by this grant.")] = ""
    chosen: Annotated[bool, Meta(description="Whether this session acts by it.")] = False


class Me(Struct, frozen=True):
    """Who sends this request."""

    id: Annotated[str, Meta(description="Permanent: what the ledger names the caller.")]
    name: str
    kind: PrincipalKind
    role: Role
    over: Annotated[str, Meta(description="Department, or code of the enterprise; empty: the whole zone.")] = ""
    projects: Annotated[list[UUID], Meta(description="The projects that the role is limited to; empty: none.")] = []
    as_agent: Annotated[bool, Meta(description="Whether by a mandate of the enterprise.")] = False
    deputy_of: Annotated[str, Meta(description="Whose work the caller does.")] = ""
    scopes: Annotated[list[str] | None, Meta(description="What a program's key may be used for; null for people.")] = (
        None
    )
    grants: Annotated[list[GrantOfCaller], Meta(description="All roles of a person who signed in here.")] = []


def me_of(caller: Caller, grants: Sequence[Grant] = (), chosen: UUID | None = None) -> Me:
    """*caller* as it sees itself."""
    return Me(
        id=caller.id,
        name=caller.name,
        kind=caller.kind,
        role=caller.role,
        over=caller.over,
        projects=list(caller.projects),
        as_agent=caller.as_agent,
        deputy_of=caller.deputy_of,
        scopes=None if caller.scopes is None else list(caller.scopes),
        grants=[GrantOfCaller(g.id, g.role, g.over, g.valid_until, g.deputy_of, g.id == chosen) for g in grants],
    )
