"""代理与请假 absence: a principal is away for a while, and another one does its work for that time."""

from __future__ import annotations

from datetime import datetime

from domain.access.state import (
    AnyPrincipal,
    Deputyship,
    Leave,
    Principal,
    PrincipalId,
    require_period,
    require_self_or_keeper,
)
from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.types import Name, Text


class NameDeputy(Command, frozen=True, tag="name_deputy"):
    """Name a deputy for a period. Roles that need a second administrator can't be delegated."""

    principal: PrincipalId
    deputy: PrincipalId
    valid_until: datetime
    valid_from: datetime | None = None
    reasons: Text = ""

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        require_self_or_keeper(self.principal, state, context, "name a deputy")
        require_another(self.principal, self.deputy, context)
        start = require_period(self.valid_from, self.valid_until, context)
        return (DeputyNamed(deputy=self.deputy, valid_from=start, valid_until=self.valid_until, reasons=self.reasons),)


class DeputyNamed(Fact, frozen=True, tag="deputy_named"):
    """指定代理: the deputy holds this principal's grants for the period."""

    deputy: str
    valid_from: datetime
    valid_until: datetime
    reasons: str = ""

    def apply(self, state: AnyPrincipal) -> None:
        state.deputies.append(Deputyship(self.deputy, self.valid_from, self.valid_until))


class DismissDeputy(Command, frozen=True, tag="dismiss_deputy"):
    """End a deputy's work at once, also where the period is still to come."""

    principal: PrincipalId
    deputy: PrincipalId
    reasons: Text = ""

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        require_self_or_keeper(self.principal, state, context, "dismiss a deputy")
        if not any(period.deputy == self.deputy and context.at < period.valid_until for period in state.deputies):
            raise Refused(
                "no-such-deputy",
                f"{self.deputy} is no deputy of {self.principal}, now or later",
                remedy="name a deputy whose period has not ended",
                deputies=sorted({period.deputy for period in state.deputies}),
            )
        return (DeputyDismissed(deputy=self.deputy, ends_at=context.at, reasons=self.reasons),)


class DeputyDismissed(Fact, frozen=True, tag="deputy_dismissed"):
    """终止代理: the deputy holds none of this principal's grants from *ends_at*."""

    deputy: str
    ends_at: datetime
    reasons: str = ""

    def apply(self, state: AnyPrincipal) -> None:
        state.end_deputy(self.deputy, self.ends_at)


class RecordLeave(Command, frozen=True, tag="record_leave"):
    """Record that a principal is away for a period, and who does its work meanwhile, if anyone."""

    principal: PrincipalId
    valid_until: datetime
    valid_from: datetime | None = None
    deputy: Name = ""
    reasons: Text = ""

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        require_self_or_keeper(self.principal, state, context, "record a leave")
        start = require_period(self.valid_from, self.valid_until, context)
        leave = LeaveRecorded(valid_from=start, valid_until=self.valid_until, reasons=self.reasons)
        if not self.deputy:
            return (leave,)
        require_another(self.principal, self.deputy, context)
        return (leave, DeputyNamed(deputy=self.deputy, valid_from=start, valid_until=self.valid_until))


class LeaveRecorded(Fact, frozen=True, tag="leave_recorded"):
    """请假: the principal is away for the period."""

    valid_from: datetime
    valid_until: datetime
    reasons: str = ""

    def apply(self, state: AnyPrincipal) -> None:
        state.leaves.append(Leave(self.valid_from, self.valid_until))


def require_another(principal: str, deputy: str, context: Context) -> None:
    """Refuse a deputy who is the principal, and an administrator who names himself."""
    if deputy == principal:
        raise Refused("deputy-is-self", f"{principal} can't be his own deputy", remedy="name another person")
    if deputy == context.by.id:
        raise Refused(
            "grants-to-himself",
            f"{deputy} can't make himself the deputy of {principal}",
            remedy=f"let {principal} or another administrator name the deputy",
        )
