"""The caller as it sees itself: its id, kind, role, what it acts for, its scopes and grants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, structs

from api.identity.visit import Visit
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


class SignInMethod(StrEnum):
    """By what the server knows who sends a request."""

    SESSION = "session"
    KEY = "key"
    TOKEN = "token"  # noqa: S105  a way to sign in, no password
    GATEWAY = "gateway"


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
    grants: Annotated[
        list[GrantOfCaller],
        Meta(description="Of a person: all that hold now. Of a program: that of the key. Empty behind a gateway."),
    ] = []
    signed_in_by: Annotated[SignInMethod, Meta(description="By what the server knows who this is.")] = (
        SignInMethod.GATEWAY
    )
    expires_at: Annotated[
        datetime | None, Meta(description="When the session, key or token ends at the latest; null: not by itself.")
    ] = None


def me_of_visit(visit: Visit | None, caller: Caller) -> Me:
    """*caller* as it sees itself, by the session or key of *visit*."""
    if visit is not None and visit.signed_in is not None:
        session = visit.signed_in.session
        me = me_of(caller, visit.signed_in.grants, session.grant_id)
        return structs.replace(me, signed_in_by=SignInMethod.SESSION, expires_at=session.expires_at)
    if visit is not None and (use := visit.key_use) is not None:
        by = SignInMethod.TOKEN if use.bucket.startswith("token:") else SignInMethod.KEY
        me = me_of(caller, [use.grant], use.grant.id)
        return structs.replace(me, signed_in_by=by, expires_at=use.expires_at)
    return me_of(caller)


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
