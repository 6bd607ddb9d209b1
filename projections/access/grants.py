"""Principals, grants, keys and deputies, each row with both times: when it holds, and when that was known.

A row of `access_grant` or `access_key` holds from `valid_from` until `valid_until`, and was believed from `known_from`
until `known_until`. So the table answers who could do what on a day, as known at any instant. Digests are not in here.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field, structs

from domain.access.departments import Departments, DepartmentsMerged
from domain.access.principal import Grant
from domain.access.registration import PrincipalClosed, PrincipalRegistered
from domain.access.state import Deputyship, IssuedKey, Principal
from domain.messages import Entry
from domain.streams import DEPARTMENTS, PRINCIPAL, AggregateKind
from projections.view import Facts, Row, Rows, Table, facts_of

BELIEVED = (("known_from", "timestamptz NOT NULL"), ("known_until", "timestamptz"), ("known_by", "text NOT NULL"))
PRINCIPALS = Table(
    "access_principal",
    (
        ("principal", "uuid"),
        ("id", "text NOT NULL"),
        ("kind", "text NOT NULL"),
        ("name", "text NOT NULL"),
        ("registered_at", "timestamptz NOT NULL"),
        ("known_from", "timestamptz NOT NULL"),
        ("closed_at", "timestamptz"),
        ("closing_known", "timestamptz"),
    ),
    key=1,
    indexes=("(id)",),
)
GRANTS = Table(
    "access_grant",
    (
        ("principal", "uuid"),
        ("nth", "integer"),
        ("id", "text NOT NULL"),  # of the principal
        ("grant_id", "uuid NOT NULL"),
        ("role", "text NOT NULL"),
        ("over_code", "text NOT NULL"),  # of a department or an enterprise; empty: the zone
        ("projects", "text[] NOT NULL"),  # empty: all
        ("as_agent", "boolean NOT NULL"),
        ("valid_from", "timestamptz NOT NULL"),
        ("valid_until", "timestamptz"),
        *BELIEVED,
    ),
    key=2,
    indexes=("(id)", "(role, over_code)"),
)
KEYS = Table(
    "access_key",
    (
        ("principal", "uuid"),
        ("nth", "integer"),
        ("id", "text NOT NULL"),
        ("key_id", "text NOT NULL"),
        ("grant_id", "uuid NOT NULL"),
        ("scopes", "text[] NOT NULL"),
        ("secrets", "integer NOT NULL"),
        ("valid_until", "timestamptz"),
        ("revoked_at", "timestamptz"),
        *BELIEVED,
    ),
    key=2,
    indexes=("(key_id)",),
)
DEPUTIES = Table(
    "access_deputy",
    (
        ("principal", "uuid"),
        ("nth", "integer"),
        ("id", "text NOT NULL"),
        ("deputy", "text NOT NULL"),
        ("valid_from", "timestamptz NOT NULL"),
        ("valid_until", "timestamptz NOT NULL"),
        *BELIEVED,
    ),
    key=2,
    indexes=("(deputy)",),
)
MERGED = Table(
    "access_merge",
    (
        ("zone", "uuid"),
        ("department", "text"),
        ("into_department", "text NOT NULL"),
        ("valid_from", "timestamptz NOT NULL"),
        ("known_from", "timestamptz NOT NULL"),
    ),
    key=2,
)


class KnownTerms(Struct, frozen=True):
    """A grant, key or deputyship as it was believed to be: since when, until when, and by whose act."""

    key: Hashable
    terms: Grant | IssuedKey | Deputyship
    known_from: datetime
    by: str
    known_until: datetime | None = None


class PrincipalState(Struct):
    """What the rows of one principal need beside the principal itself."""

    registered: tuple[datetime, datetime] | None = None
    closed: tuple[datetime, datetime] | None = None
    grants: list[KnownTerms] = field(default_factory=list)
    keys: list[KnownTerms] = field(default_factory=list)
    deputies: list[KnownTerms] = field(default_factory=list)


class PrincipalsView:
    """The fold of principals."""

    name: str = "principals"
    version: int = 1
    tables: tuple[Table, ...] = (PRINCIPALS, GRANTS, KEYS, DEPUTIES)
    kind: AggregateKind = PRINCIPAL
    follows: Facts = facts_of(PRINCIPAL.facts)

    def start(self) -> PrincipalState:
        return PrincipalState()

    def fold(self, state: PrincipalState, entry: Entry, principal: Principal) -> None:
        if isinstance(entry.fact, PrincipalRegistered):
            state.registered = entry.occurred_at, entry.recorded_at
        if isinstance(entry.fact, PrincipalClosed):
            state.closed = entry.fact.ends_at, entry.recorded_at
        state.grants = believed(state.grants, principal.grants, entry)
        state.keys = believed(state.keys, principal.keys, entry)
        state.deputies = believed(state.deputies, dict(enumerate(principal.deputies)), entry)

    def rows(self, state: PrincipalState, principal: Principal) -> Rows:
        if state.registered is None:
            return {}
        person = principal.id, principal.principal
        row = (*person, principal.kind.value, principal.name, *state.registered, *(state.closed or (None, None)))
        return {
            "access_principal": [row],
            "access_grant": [_grant_row(principal, nth, known) for nth, known in enumerate(state.grants, 1)],
            "access_key": [_key_row(principal, nth, known) for nth, known in enumerate(state.keys, 1)],
            "access_deputy": [_deputy_row(principal, nth, known) for nth, known in enumerate(state.deputies, 1)],
        }


def believed(
    before: list[KnownTerms], current: Mapping[Any, Grant | IssuedKey | Deputyship], entry: Entry
) -> list[KnownTerms]:
    """What is believed after *entry*: terms that changed end as known now, and the new ones begin."""
    after = [
        known
        if known.known_until is not None or current.get(known.key) == known.terms
        else structs.replace(known, known_until=max(entry.recorded_at, known.known_from))
        for known in before
    ]
    held = {known.key for known in after if known.known_until is None}
    by = entry.recorded.by.id
    return after + [KnownTerms(key, terms, entry.recorded_at, by) for key, terms in current.items() if key not in held]


def _grant_row(principal: Principal, nth: int, known: KnownTerms) -> Row:
    grant = known.terms
    assert isinstance(grant, Grant)
    return (
        principal.id,
        nth,
        principal.principal,
        grant.id,
        grant.role.value,
        grant.over,
        [str(project) for project in grant.projects],
        grant.as_agent,
        grant.valid_from,
        grant.valid_until,
        known.known_from,
        known.known_until,
        known.by,
    )


def _key_row(principal: Principal, nth: int, known: KnownTerms) -> Row:
    key = known.terms
    assert isinstance(key, IssuedKey)
    return (
        principal.id,
        nth,
        principal.principal,
        key.id,
        key.grant,
        list(key.scopes),
        len(key.secrets),
        key.expires_at,
        key.revoked_at,
        known.known_from,
        known.known_until,
        known.by,
    )


def _deputy_row(principal: Principal, nth: int, known: KnownTerms) -> Row:
    period = known.terms
    assert isinstance(period, Deputyship)
    return (
        principal.id,
        nth,
        principal.principal,
        period.deputy,
        period.valid_from,
        period.valid_until,
        known.known_from,
        known.known_until,
        known.by,
    )


class MergeState(Struct):
    """When each merge of departments was known."""

    known: dict[str, datetime] = field(default_factory=dict)


class DepartmentsView:
    """The fold of merged departments."""

    name: str = "departments"
    version: int = 1
    tables: tuple[Table, ...] = (MERGED,)
    kind: AggregateKind = DEPARTMENTS
    follows: Facts = facts_of(DEPARTMENTS.facts)

    def start(self) -> MergeState:
        return MergeState()

    def fold(self, state: MergeState, entry: Entry, departments: Departments) -> None:
        del departments  # the rows are made of it
        if isinstance(entry.fact, DepartmentsMerged):
            state.known[entry.fact.department] = entry.recorded_at

    def rows(self, state: MergeState, departments: Departments) -> Rows:
        rows = [
            (departments.id, old, merge.into, merge.valid_from, state.known[old])
            for old, merge in departments.merges.items()
            if old in state.known
        ]
        return {"access_merge": rows}
