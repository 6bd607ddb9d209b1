"""API keys of programs: issued under a grant, rotated with two secrets for a while, revoked. Only digests are here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, structs

from domain.access.principal import PrincipalKind
from domain.access.state import (
    SECRETS_MAX,
    AnyPrincipal,
    Digest,
    IssuedKey,
    KeyId,
    Principal,
    PrincipalId,
    Secret,
    require_grant,
    require_keeper,
    require_period,
)
from domain.access.table import is_scope
from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.types import CODE_CHARACTERS_MAX, LINES_MAX, Text

Scope = Annotated[str, Meta(min_length=1, max_length=CODE_CHARACTERS_MAX)]


class IssueKey(Command, frozen=True, tag="issue_key"):
    """Issue a key under one of the program's grants. The secret is made outside: only its digest is sent."""

    principal: PrincipalId
    key: KeyId
    digest: Digest
    grant: UUID
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=LINES_MAX)]
    expires_at: datetime | None = None

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        require_keeper(self.principal, state, context, "issue a key")
        if state.kind is not PrincipalKind.PROGRAM:
            raise Refused(
                "key-for-a-person",
                f"{self.principal} is a person, who signs in without a key",
                remedy="register the program, and issue the key to it",
            )
        if self.key in state.keys:
            raise Refused("key-issued", f"the key {self.key} was issued before", remedy="choose another id")
        require_grant(self.grant, state, context.at)
        unknown = [scope for scope in self.scopes if not is_scope(scope)]
        if unknown:
            raise Refused(
                "unknown-scope",
                f"there is no scope {', '.join(unknown)}",
                remedy="scopes are commands:<name>, commands:*, read:<subject>, read:*, feed and webhooks",
            )
        require_period(None, self.expires_at, context)
        return (
            KeyIssued(
                key=self.key, digest=self.digest, grant=self.grant, scopes=self.scopes, expires_at=self.expires_at
            ),
        )


class KeyIssued(Fact, frozen=True, tag="key_issued"):
    """签发密钥: the program may use its grant by this key, within the scopes."""

    key: str
    digest: str
    grant: UUID
    scopes: tuple[str, ...]
    expires_at: datetime | None = None

    def apply(self, state: AnyPrincipal) -> None:
        state.keys[self.key] = IssuedKey(self.key, self.grant, self.scopes, (Secret(self.digest),), self.expires_at)


class RotateKey(Command, frozen=True, tag="rotate_key"):
    """Give a key a new secret. The old one is accepted until *old_until*; without that it ends at once."""

    principal: PrincipalId
    key: KeyId
    digest: Digest
    old_until: datetime | None = None

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        require_keeper(self.principal, state, context, "rotate a key")
        issued = require_key(self.key, state, context.at)
        if self.digest in (secret.digest for secret in issued.secrets):
            raise Refused("secret-repeated", f"the key {self.key} has this secret already", remedy="make a new secret")
        if self.old_until is not None:
            require_period(None, self.old_until, context)
        return (KeyRotated(key=self.key, digest=self.digest, old_until=self.old_until or context.at),)


class KeyRotated(Fact, frozen=True, tag="key_rotated"):
    """轮换密钥: the key has a new secret; the old one is accepted until *old_until*."""

    key: str
    digest: str
    old_until: datetime

    def apply(self, state: AnyPrincipal) -> None:
        issued = state.keys.get(self.key)
        if issued is not None:
            last = structs.replace(issued.secrets[-1], valid_until=self.old_until)
            state.keys[self.key] = structs.replace(issued, secrets=(last, Secret(self.digest))[-SECRETS_MAX:])


class RevokeKey(Command, frozen=True, tag="revoke_key"):
    """End a key at once, with all its secrets."""

    principal: PrincipalId
    key: KeyId
    reasons: Text = ""

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        require_keeper(self.principal, state, context, "revoke a key")
        require_key(self.key, state, context.at)
        return (KeyRevoked(key=self.key, ends_at=context.at, reasons=self.reasons),)


class KeyRevoked(Fact, frozen=True, tag="key_revoked"):
    """吊销密钥: no request by this key is accepted from *ends_at*."""

    key: str
    ends_at: datetime
    reasons: str = ""

    def apply(self, state: AnyPrincipal) -> None:
        state.end_key(self.key, self.ends_at)


def require_key(key: str, state: Principal, at: datetime) -> IssuedKey:
    """The key of this id; refused where the principal has none that is still accepted."""
    issued = state.keys.get(key)
    if issued is None or (issued.revoked_at is not None and issued.revoked_at <= at):
        raise Refused(
            "no-such-key",
            f"{state.principal} has no key {key} in use",
            remedy="list the principal's keys, and name one of these",
            keys=[key.id for key in state.keys.values() if key.revoked_at is None],
        )
    return issued
