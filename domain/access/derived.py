"""What follows from grants: a deputy holds those of another, and an officer those over departments merged into his."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, structs

from domain.access.departments import Departments
from domain.access.grants import OVER_A_DEPARTMENT
from domain.access.principal import Caller, Grant, PrincipalKind
from domain.access.state import SEPARATE_DUTIES, Deputyship


class DeputyPeriod(Struct, frozen=True, gc=False):
    """A period in which another principal is the deputy of *principal*."""

    principal: str
    period: Deputyship


def effective_grants(
    principal: str,
    own: Mapping[str, Sequence[Grant]],
    deputyships: Iterable[DeputyPeriod],
    departments: Departments,
    at: datetime,
) -> list[Grant]:
    """Every grant by which *principal* may act at the instant *at*: his own, a deputy's, and over merged departments.

    *own* are the grants of every principal concerned. What needs a second administrator is not passed on to a deputy,
    and neither is what the other holds as a deputy himself.
    """
    grants = [grant for grant in own.get(principal, ()) if grant.holds(at)]
    for deputising in deputyships:
        if deputising.period.deputy == principal and deputising.period.holds(at):
            grants += [
                as_deputy(grant, deputising)
                for grant in own.get(deputising.principal, ())
                if grant.holds(at) and grant.role not in SEPARATE_DUTIES
            ]
    merged = [
        structs.replace(grant, over=department)
        for grant in grants
        if grant.role in OVER_A_DEPARTMENT
        for department in departments.absorbed(grant.over, at)
    ]
    return grants + merged


def as_deputy(grant: Grant, deputising: DeputyPeriod) -> Grant:
    """*grant* as the deputy holds it: no longer than both the grant and the period."""
    period = deputising.period
    end = period.valid_until if grant.valid_until is None else min(grant.valid_until, period.valid_until)
    start = max(grant.valid_from, period.valid_from)
    return structs.replace(grant, valid_from=start, valid_until=end, deputy_of=deputising.principal)


def caller_by(
    grant: Grant, principal: str, name: str, kind: PrincipalKind, scopes: tuple[str, ...] | None = None
) -> Caller:
    """The caller that *principal* is when acting by *grant*."""
    return Caller(
        principal, name, kind, grant.role, grant.over, grant.projects, grant.as_agent, grant.deputy_of, scopes
    )
