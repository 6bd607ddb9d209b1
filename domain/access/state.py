"""What is remembered of a principal: its name, grants, proposals, keys, deputies and leaves, also those that ended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID, uuid5

from msgspec import Meta, Struct, field, structs

from domain.access.principal import Grant, PrincipalKind
from domain.core.context import Context
from domain.core.ledger import Refused, Role
from domain.core.rules import require_role
from domain.core.types import CODE_CHARACTERS_MAX

NAMESPACE = UUID("0d5b1b52-6f0e-4a55-9c1d-6a4b7c0e52f4")  # permanent: a principal's entries are looked up by its id
KEEPERS = (Role.ADMINISTRATOR, Role.SYSTEM)  # who registers principals and grants roles
SEPARATE_DUTIES = frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR})  # 三员分立: never two of them together
SECRETS_MAX = 2  # of one key at a time: the old one while the new one is being rolled out

KeyId = Annotated[str, Meta(pattern="^[a-z0-9]{8,32}$")]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]  # SHA-256 of the secret's text, in hexadecimal digits
PrincipalId = Annotated[str, Meta(min_length=1, max_length=CODE_CHARACTERS_MAX)]


class Proposal(Struct, frozen=True, gc=False):
    """A grant that waits for a second administrator, and who proposed it."""

    grant: Grant
    proposed_by: str


class Deputyship(Struct, frozen=True, gc=False):
    """代理: another principal does this one's work from *valid_from* until before *valid_until*."""

    deputy: str
    valid_from: datetime
    valid_until: datetime

    def holds(self, at: datetime) -> bool:
        """Whether the deputy may act at the instant *at*."""
        return self.valid_from <= at < self.valid_until


class Leave(Struct, frozen=True, gc=False):
    """请假: the principal is away from *valid_from* until before *valid_until*."""

    valid_from: datetime
    valid_until: datetime


class Secret(Struct, frozen=True, gc=False):
    """The digest of a key's secret, and until when the secret is accepted; None: as long as the key."""

    digest: str
    valid_until: datetime | None = None

    def is_accepted(self, at: datetime) -> bool:
        """Whether the secret is accepted at the instant *at*, as long as its key is."""
        return self.valid_until is None or at < self.valid_until


class IssuedKey(Struct, frozen=True, gc=False):
    """A key of a program with its secrets' digests, and when it was revoked; None: it was not."""

    id: str
    grant: UUID
    scopes: tuple[str, ...]
    secrets: tuple[Secret, ...]
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class Principal(Struct):
    """One person or program, found by its permanent id."""

    id: UUID
    version: int = 0
    principal: str = ""
    kind: PrincipalKind = PrincipalKind.PERSON
    name: str = ""
    closed_at: datetime | None = None
    grants: dict[UUID, Grant] = field(default_factory=dict)
    proposals: dict[UUID, Proposal] = field(default_factory=dict)
    keys: dict[str, IssuedKey] = field(default_factory=dict)
    deputies: list[Deputyship] = field(default_factory=list)
    leaves: list[Leave] = field(default_factory=list)
    erasures: dict[str, int] = field(default_factory=dict)  # how often each person's data was erased

    law: ClassVar[str] = ""  # none of its own: facts are recorded under the installation's

    @property
    def next_grant(self) -> UUID:
        """The id of a grant that the next fact gives or proposes."""
        return uuid5(self.id, f"grant/{self.version + 1}")

    def end_grant(self, grant: UUID, at: datetime) -> None:
        """End *grant* at *at*; a proposal is removed."""
        self.proposals.pop(grant, None)
        held = self.grants.get(grant)
        if held is not None and (held.valid_until is None or at < held.valid_until):
            self.grants[grant] = structs.replace(held, valid_until=at)

    def end_deputy(self, deputy: str, at: datetime) -> None:
        """Let *deputy* do this one's work no longer than until *at*."""
        self.deputies = [
            structs.replace(period, valid_until=at) if period.deputy == deputy and at < period.valid_until else period
            for period in self.deputies
        ]

    def end_key(self, key: str, at: datetime) -> None:
        """Let *key* be accepted no longer than until *at*."""
        issued = self.keys.get(key)
        if issued is not None and (issued.revoked_at is None or at < issued.revoked_at):
            self.keys[key] = structs.replace(issued, revoked_at=at)


AnyPrincipal: TypeAlias = Principal | Any  # facts of all aggregates lie in one union; only this fold applies these


def stream_of(principal: str) -> UUID:
    """Where the entries of *principal* are in the ledger."""
    return uuid5(NAMESPACE, principal)


def require_address(principal: str, state: Principal) -> None:
    """Refuse a command that names another principal than the one it was sent to."""
    if stream_of(principal) != state.id:
        raise Refused("wrong-principal", f"this is not the principal {principal}", remedy="send it to its own address")


def require_registered(principal: str, state: Principal, context: Context) -> None:
    """Refuse what is for a principal that was not registered, or was closed by the time it takes effect."""
    require_address(principal, state)
    if not state.principal:
        raise Refused(
            "unknown-principal", f"no principal {principal} was registered", remedy="register_principal comes first"
        )
    if state.closed_at is not None and state.closed_at <= context.at:
        raise Refused(
            "principal-closed",
            f"{principal} was closed on {state.closed_at.isoformat()}",
            remedy="register the person or program under another id",
        )


def require_keeper(principal: str, state: Principal, context: Context, what: str) -> None:
    """Refuse *what* unless an administrator, or the system, does it to a registered principal."""
    require_role(context.by, what, *KEEPERS)
    require_registered(principal, state, context)


def require_self_or_keeper(principal: str, state: Principal, context: Context, what: str) -> None:
    """Refuse *what* unless the principal itself does it, or an administrator."""
    if context.by.id != principal:
        require_role(context.by, what, *KEEPERS)
    require_registered(principal, state, context)


def require_grant(grant: UUID, state: Principal, at: datetime) -> Grant:
    """The grant of this id; refused where the principal has none that still holds, or will."""
    held = state.grants.get(grant)
    if held is None or (held.valid_until is not None and held.valid_until <= at):
        raise Refused(
            "no-such-grant",
            f"{state.principal} has no grant {grant} in force",
            remedy="list the principal's grants, and name one of these",
            grants=[
                str(grant.id) for grant in state.grants.values() if grant.valid_until is None or at < grant.valid_until
            ],
        )
    return held


def require_period(valid_from: datetime | None, valid_until: datetime | None, context: Context) -> datetime:
    """From when a period holds: *valid_from*, else when the command takes effect. Refuse one that is none.

    It never begins before the command takes effect. What is recorded later than that shows by when it was known.
    """
    for at in (valid_from, valid_until):
        if at is not None and at.tzinfo is None:
            raise Refused("no-zone", f"{at.isoformat()} has no offset from UTC", remedy="write 2026-03-02T09:00+08:00")
    start = valid_from or context.at
    if start < context.at:
        raise Refused(
            "period-backdated",
            f"the period would begin at {start.isoformat()}, before the act takes effect",
            remedy="leave valid_from out, or give an instant to come",
        )
    if valid_until is not None and valid_until <= start:
        raise Refused(
            "period-empty",
            f"the period would end at {valid_until.isoformat()}, not after it begins",
            remedy="give a later valid_until",
        )
    return start
