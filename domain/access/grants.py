"""授权 grants: a role over a department, an enterprise or the zone; three roles need a second administrator."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.access.principal import Grant, PrincipalKind
from domain.access.state import (
    KEEPERS,
    SEPARATE_DUTIES,
    AnyPrincipal,
    Principal,
    PrincipalId,
    Proposal,
    require_grant,
    require_keeper,
    require_period,
    require_registered,
)
from domain.core.context import Context
from domain.core.ledger import Actor, Command, Fact, Refused, Role
from domain.core.rules import require_role
from domain.core.types import ITEMS_MAX, Line, Name, Text
from domain.legal_person.codes import require_uscc

OVER_A_DEPARTMENT = frozenset({Role.OFFICER, Role.WINDOW_CLERK, Role.INTEGRATOR})
SEPARATION = "三员分立 (GB/T 22239-2019 8.1.5)"


class GiveGrant(Command, frozen=True, tag="give_grant"):
    """Grant a role. Those of the bureau, of auditors and of administrators are proposed and confirmed instead."""

    principal: PrincipalId
    role: Role
    over: Name = ""
    projects: tuple[UUID, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    reasons: Text = ""

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        grant = granted_by(self, state, context)
        if self.role in SEPARATE_DUTIES and context.by.role is not Role.SYSTEM:
            raise Refused(
                "second-administrator",
                f"the role {self.role} is not granted by one person alone",
                article=SEPARATION,
                remedy="propose_grant, and let another administrator confirm it",
            )
        return (GrantGiven(grant=grant, reasons=self.reasons),)


class GrantGiven(Fact, frozen=True, tag="grant_given"):
    """授权: the role holds for the period of the grant."""

    grant: Grant
    reasons: str = ""

    def apply(self, state: AnyPrincipal) -> None:
        state.grants[self.grant.id] = self.grant


class ProposeGrant(Command, frozen=True, tag="propose_grant"):
    """Propose a role that only a second administrator can put in force."""

    principal: PrincipalId
    role: Role
    over: Name = ""
    projects: tuple[UUID, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    reasons: Text = ""

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        grant = granted_by(self, state, context)
        return (GrantProposed(grant=grant, proposed_by=context.by.id, reasons=self.reasons),)


class GrantProposed(Fact, frozen=True, tag="grant_proposed"):
    """提请授权: a role was proposed; it is not in force yet."""

    grant: Grant
    proposed_by: str
    reasons: str = ""

    def apply(self, state: AnyPrincipal) -> None:
        state.proposals[self.grant.id] = Proposal(self.grant, self.proposed_by)


class ConfirmGrant(Command, frozen=True, tag="confirm_grant"):
    """Put a proposed grant in force, as another administrator than the one who proposed it."""

    principal: PrincipalId
    grant: UUID

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        require_keeper(self.principal, state, context, "confirm a grant")
        require_not_own(self.principal, context.by)
        proposal = state.proposals.get(self.grant)
        if proposal is None:
            raise Refused(
                "no-such-proposal",
                f"no proposal {self.grant} waits for {self.principal}",
                remedy="list the principal's grants, and name one that was proposed",
                proposals=[str(grant) for grant in state.proposals],
            )
        if proposal.proposed_by == context.by.id:
            raise Refused(
                "second-administrator",
                f"{context.by.id} has proposed this grant, so another administrator has to confirm it",
                article=SEPARATION,
                remedy="let another administrator confirm it",
            )
        grant = proposal.grant
        require_separate(grant, state)
        start = max(grant.valid_from, context.at)
        if grant.valid_until is not None and grant.valid_until <= start:
            raise Refused(
                "period-empty",
                f"the proposed grant ended at {grant.valid_until.isoformat()}",
                remedy="propose it again",
            )
        return (GrantConfirmed(grant=self.grant, valid_from=start),)


class GrantConfirmed(Fact, frozen=True, tag="grant_confirmed"):
    """授权复核: the proposed grant is in force from *valid_from*."""

    grant: UUID
    valid_from: datetime

    def apply(self, state: AnyPrincipal) -> None:
        proposal = state.proposals.pop(self.grant, None)
        if proposal is not None:
            grant = proposal.grant
            state.grants[grant.id] = Grant(
                grant.id, grant.role, self.valid_from, grant.valid_until, grant.over, grant.projects
            )


class WithdrawGrant(Command, frozen=True, tag="withdraw_grant"):
    """End a grant, or drop a proposal. What was done under it stays."""

    principal: PrincipalId
    grant: UUID
    reasons: Text = ""

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        require_keeper(self.principal, state, context, "withdraw a grant")
        if self.grant not in state.proposals:
            require_grant(self.grant, state, context.at)
        return (GrantWithdrawn(grant=self.grant, ends_at=context.at, reasons=self.reasons),)


class GrantWithdrawn(Fact, frozen=True, tag="grant_withdrawn"):
    """收回授权: the grant ended at *ends_at*."""

    grant: UUID
    ends_at: datetime
    reasons: str = ""

    def apply(self, state: AnyPrincipal) -> None:
        state.end_grant(self.grant, self.ends_at)


class AppointAgent(Command, frozen=True, tag="appoint_agent"):
    """委托: let a person act for an enterprise, on all of its projects or some, until a day if one is named.

    By the enterprise's own people, or by an administrator who has its written *mandate* (授权委托书).
    """

    principal: PrincipalId
    enterprise: Name
    projects: tuple[UUID, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    mandate: Line = ""

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        require_enterprise_or_keeper(self.enterprise, context.by, "appoint an agent")
        require_registered(self.principal, state, context)
        require_not_own(self.principal, context.by)
        require_uscc(self.enterprise)
        require_projects(self.projects)
        if context.by.role in KEEPERS and not self.mandate.strip():
            raise Refused(
                "mandate-missing",
                f"{self.principal} can't act for {self.enterprise} without a mandate",
                article="行政许可法 29",
                remedy="name the enterprise's power of attorney, or let the enterprise appoint its agent itself",
            )
        start = require_period(self.valid_from, self.valid_until, context)
        grant = Grant(
            state.next_grant, Role.APPLICANT, start, self.valid_until, self.enterprise, self.projects, as_agent=True
        )
        return (AgentAppointed(grant=grant, mandate=self.mandate),)


class AgentAppointed(Fact, frozen=True, tag="agent_appointed"):
    """委托代理人: the principal acts for the enterprise that its grant is over."""

    grant: Grant
    mandate: str = ""

    def apply(self, state: AnyPrincipal) -> None:
        state.grants[self.grant.id] = self.grant


class DismissAgent(Command, frozen=True, tag="dismiss_agent"):
    """End a mandate: the principal no longer acts for the enterprise."""

    principal: PrincipalId
    enterprise: Name
    reasons: Text = ""

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        require_enterprise_or_keeper(self.enterprise, context.by, "dismiss an agent")
        require_registered(self.principal, state, context)
        ending = [
            grant
            for grant in state.grants.values()
            if grant.as_agent
            and grant.over == self.enterprise
            and (grant.valid_until is None or context.at < grant.valid_until)
        ]
        if not ending:
            raise Refused(
                "no-such-agent",
                f"{self.principal} is no agent of {self.enterprise}",
                remedy="list the principal's grants, and name the enterprise of one given by a mandate",
            )
        return tuple(AgentDismissed(grant=grant.id, ends_at=context.at, reasons=self.reasons) for grant in ending)


class AgentDismissed(Fact, frozen=True, tag="agent_dismissed"):
    """解除委托: the mandate ended at *ends_at*."""

    grant: UUID
    ends_at: datetime
    reasons: str = ""

    def apply(self, state: AnyPrincipal) -> None:
        state.end_grant(self.grant, self.ends_at)


def granted_by(terms: GiveGrant | ProposeGrant, state: Principal, context: Context) -> Grant:
    """The grant that *terms* make. Raises Refused."""
    require_keeper(terms.principal, state, context, "grant a role")
    require_not_own(terms.principal, context.by)
    require_terms(terms, state)
    start = require_period(terms.valid_from, terms.valid_until, context)
    grant = Grant(state.next_grant, terms.role, start, terms.valid_until, terms.over, terms.projects)
    require_separate(grant, state)
    return grant


def require_not_own(principal: str, by: Actor) -> None:
    """Refuse a grant to oneself."""
    if principal == by.id:
        raise Refused(
            "grants-to-himself",
            f"{by.id} can't grant anything to himself",
            article=SEPARATION,
            remedy="let another person do it",
        )


def require_enterprise_or_keeper(enterprise: str, by: Actor, what: str) -> None:
    """Refuse *what* unless *by* belongs to *enterprise*, or is an administrator."""
    require_role(by, what, Role.APPLICANT, *KEEPERS)
    if by.role is Role.APPLICANT and by.department != enterprise:
        raise Refused(
            "wrong-enterprise",
            f"{by.id} acts for {by.department or 'no enterprise'}, not for {enterprise}",
            remedy=f"only the people of {enterprise} decide who acts for it",
        )


def require_projects(projects: tuple[UUID, ...]) -> None:
    """Refuse more projects than one grant can name."""
    if len(projects) > ITEMS_MAX:
        raise Refused(
            "too-many-projects",
            f"one grant names at most {ITEMS_MAX} projects, not {len(projects)}",
            remedy="leave projects out for all of them, or give several grants",
        )


def require_terms(terms: GiveGrant | ProposeGrant, state: Principal) -> None:
    """Refuse a role that fits neither the principal nor what it is over."""
    require_projects(terms.projects)
    if terms.role is Role.SYSTEM or (state.kind is PrincipalKind.PROGRAM and terms.role in SEPARATE_DUTIES):
        raise Refused(
            "role-not-granted",
            f"the role {terms.role} can't be granted to {'anyone' if terms.role is Role.SYSTEM else 'a program'}",
            remedy="grant another role",
        )
    if terms.role is Role.APPLICANT:
        require_uscc(terms.over)
    elif terms.role in OVER_A_DEPARTMENT and not terms.over.strip():
        raise Refused(
            "over-missing",
            f"{terms.role.with_article} needs a department, and none is named",
            remedy="give the department's code in over",
        )


def require_separate(grant: Grant, state: Principal) -> None:
    """Refuse two of the roles that watch each other, to one principal at one time."""
    if grant.role not in SEPARATE_DUTIES:
        return
    for held in state.grants.values():
        ends_first = held.valid_until is not None and held.valid_until <= grant.valid_from
        begins_after = grant.valid_until is not None and grant.valid_until <= held.valid_from
        if held.role in SEPARATE_DUTIES - {grant.role} and not ends_first and not begins_after:
            raise Refused(
                "duties-apart",
                f"{state.principal} is {held.role.with_article},"
                f" so can't be {grant.role.with_article} at the same time",
                article=SEPARATION,
                remedy="withdraw the other grant first, or grant the role to another person",
            )
