"""Principals: who may register, grant, appoint and close; what each fact leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain.access.absence import (
    DeputyDismissed,
    DeputyNamed,
    DismissDeputy,
    LeaveRecorded,
    NameDeputy,
    RecordLeave,
)
from domain.access.departments import (
    DEPARTMENTS_STREAM,
    Departments,
    DepartmentsMerged,
    MergeDepartments,
)
from domain.access.grants import (
    AgentAppointed,
    AgentDismissed,
    AppointAgent,
    ConfirmGrant,
    DismissAgent,
    GiveGrant,
    GrantConfirmed,
    GrantGiven,
    GrantProposed,
    GrantWithdrawn,
    ProposeGrant,
    WithdrawGrant,
)
from domain.access.keys import IssueKey, KeyIssued, KeyRevoked, KeyRotated, RevokeKey, RotateKey
from domain.access.messages import DepartmentsCommand, PrincipalCommand
from domain.access.principal import Grant, PrincipalKind
from domain.access.registration import ClosePrincipal, PrincipalClosed, PrincipalRegistered, RegisterPrincipal
from domain.access.state import Principal, stream_of
from domain.core.context import Context
from domain.core.ledger import Actor, Recorded, Refused, Role
from domain.core.refusals import REFUSAL_CODES
from domain.messages import AnyFact, Entry
from domain.streams import decide, replay
from tests.examples import LAW

AT = datetime.fromisoformat("2026-03-16T09:00:00+08:00")
LATER, LATEST = AT + timedelta(hours=5), AT + timedelta(hours=9)
USCC = "91420100MA0HX2026E"
XU = Actor("xu", "office", Role.ADMINISTRATOR)
FAN = Actor("fan", "office", Role.ADMINISTRATOR)
SYSTEM = Actor("installer", "", Role.SYSTEM)
LI, HENGXIN = Actor("li", "land"), Actor("chen", USCC, Role.APPLICANT)
REGISTERED = PrincipalRegistered(principal="li", name="Li", kind=PrincipalKind.PERSON)
PROGRAM = PrincipalRegistered(principal="li", name="Feed", kind=PrincipalKind.PROGRAM)
STREAM = stream_of("li")


def grant(role: Role = Role.OFFICER, version: int = 2, over: str = "land", until: datetime | None = None) -> Grant:
    """What entry *version* gives."""
    return Grant(_id(version), role, AT, until, over)


def _id(version: int) -> UUID:
    return Principal(STREAM, version=version - 1).next_grant


def entries(facts: Sequence[AnyFact], stream: UUID = STREAM) -> list[Entry]:
    return [Entry(stream, n, AT, AT, fact, Recorded(XU, UUID(int=n))) for n, fact in enumerate(facts, 1)]


class PrincipalSpec:
    """What follows when a command is sent after some facts of one stream."""

    def __init__(self, *facts: AnyFact, stream: UUID = STREAM) -> None:
        self.facts, self.stream = list(facts), stream

    def when(self, command: PrincipalCommand | DepartmentsCommand, by: Actor, at: datetime = AT) -> PrincipalSpec:
        self.command, self.context = command, Context(by, at, at, LAW)
        return self

    def decided(self) -> tuple[AnyFact, ...]:
        return decide(self.command, replay(self.stream, entries(self.facts, self.stream)), self.context)

    def then(self, *expected: AnyFact) -> Principal:
        assert self.decided() == expected
        state = replay(self.stream, entries([*self.facts, *expected], self.stream))
        assert isinstance(state, Principal)
        return state

    def refused(self, code: str) -> None:
        with pytest.raises(Refused) as caught:
            self.decided()
        assert caught.value.code == code, caught.value.sentence
        assert caught.value.remedy
        assert code in REFUSAL_CODES


def test_an_administrator_registers_a_person_once() -> None:
    command = RegisterPrincipal(principal="li", name="Li")
    PrincipalSpec().when(command, XU).then(REGISTERED)
    PrincipalSpec(REGISTERED).when(command, XU).refused("principal-registered")
    PrincipalSpec().when(command, LI).refused("wrong-role")
    PrincipalSpec().when(RegisterPrincipal(principal="zhao", name="Zhao"), XU).refused("wrong-principal")
    PrincipalSpec().when(RegisterPrincipal(principal="li", name="Li", kind=PrincipalKind.SYSTEM), XU).refused(
        "role-not-granted"
    )


@pytest.mark.parametrize(
    "principal", ["li qiang", "li\n", "li\u200b", "li/qiang", "li?", "100%", "a\\b", "\u00a0li", "li\u3164"]
)
def test_an_id_that_can_not_be_typed_or_be_in_an_address_is_refused(principal: str) -> None:
    PrincipalSpec().when(RegisterPrincipal(principal=principal, name="Li"), XU).refused("principal-id-unfit")


def test_a_grant_holds_from_when_it_is_given_until_it_is_withdrawn() -> None:
    granted = GrantGiven(grant=grant())
    give = GiveGrant(principal="li", role=Role.OFFICER, over="land")
    state = PrincipalSpec(REGISTERED).when(give, XU).then(granted)
    assert state.grants[_id(2)].holds(LATEST)
    withdrawal = WithdrawGrant(principal="li", grant=_id(2))
    state = (
        PrincipalSpec(REGISTERED, granted)
        .when(withdrawal, FAN, LATER)
        .then(GrantWithdrawn(grant=_id(2), ends_at=LATER))
    )
    assert state.grants[_id(2)].holds(AT)
    assert not state.grants[_id(2)].holds(LATER)
    PrincipalSpec(REGISTERED, granted, GrantWithdrawn(grant=_id(2), ends_at=LATER)).when(
        withdrawal, FAN, LATEST
    ).refused("no-such-grant")


def test_no_one_grants_a_role_to_himself() -> None:
    own = PrincipalRegistered(principal="xu", name="Xu", kind=PrincipalKind.PERSON)
    spec = PrincipalSpec(own, stream=stream_of("xu"))
    spec.when(GiveGrant(principal="xu", role=Role.LEADER), XU).refused("grants-to-himself")
    spec.when(ProposeGrant(principal="xu", role=Role.LEADER), XU).refused("grants-to-himself")
    proposed = GrantProposed(grant=Grant(UUID(int=5), Role.LEADER, AT), proposed_by="fan")
    PrincipalSpec(own, proposed, stream=stream_of("xu")).when(
        ConfirmGrant(principal="xu", grant=UUID(int=5)), XU
    ).refused("grants-to-himself")
    agent = AppointAgent(principal="xu", enterprise=USCC, mandate="paper")
    spec.when(agent, XU).refused("grants-to-himself")


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR])
def test_three_roles_need_a_second_administrator(role: Role) -> None:
    PrincipalSpec(REGISTERED).when(GiveGrant(principal="li", role=role), XU).refused("second-administrator")
    proposed = GrantProposed(grant=grant(role, over=""), proposed_by="xu")
    PrincipalSpec(REGISTERED).when(ProposeGrant(principal="li", role=role), XU).then(proposed)
    confirm = ConfirmGrant(principal="li", grant=_id(2))
    PrincipalSpec(REGISTERED, proposed).when(confirm, XU, LATER).refused("second-administrator")
    state = (
        PrincipalSpec(REGISTERED, proposed)
        .when(confirm, FAN, LATER)
        .then(GrantConfirmed(grant=_id(2), valid_from=LATER))
    )
    assert not state.grants[_id(2)].holds(AT)
    assert state.grants[_id(2)].holds(LATER)
    PrincipalSpec(REGISTERED).when(GiveGrant(principal="li", role=role), SYSTEM).then(
        GrantGiven(grant=grant(role, over=""))
    )
    PrincipalSpec(REGISTERED).when(confirm, FAN).refused("no-such-proposal")


def test_bureau_auditor_and_administrator_are_different_people() -> None:
    held = GrantGiven(grant=grant(Role.AUDITOR, over=""))
    PrincipalSpec(REGISTERED, held).when(ProposeGrant(principal="li", role=Role.ADMINISTRATOR), XU).refused(
        "duties-apart"
    )
    ended = GrantWithdrawn(grant=_id(2), ends_at=AT)
    after = PrincipalSpec(REGISTERED, held, ended).when(
        ProposeGrant(principal="li", role=Role.ADMINISTRATOR), XU, LATER
    )
    assert len(after.decided()) == 1


def test_a_proposal_is_dropped_before_it_holds() -> None:
    proposed = GrantProposed(grant=grant(Role.AUDITOR, over=""), proposed_by="xu")
    dropped = GrantWithdrawn(grant=_id(2), ends_at=LATER)
    state = (
        PrincipalSpec(REGISTERED, proposed).when(WithdrawGrant(principal="li", grant=_id(2)), XU, LATER).then(dropped)
    )
    assert (state.proposals, state.grants) == ({}, {})


def test_terms_fit_the_role() -> None:
    spec = PrincipalSpec(REGISTERED)
    spec.when(GiveGrant(principal="li", role=Role.OFFICER), XU).refused("over-missing")
    spec.when(GiveGrant(principal="li", role=Role.APPLICANT, over="land"), XU).refused("uscc-invalid")
    spec.when(GiveGrant(principal="li", role=Role.SYSTEM), XU).refused("role-not-granted")
    PrincipalSpec(PROGRAM).when(ProposeGrant(principal="li", role=Role.AUDITOR), XU).refused("role-not-granted")
    many = tuple(UUID(int=n) for n in range(201))
    spec.when(GiveGrant(principal="li", role=Role.LEADER, projects=many), XU).refused("too-many-projects")


def test_a_period_lies_ahead_and_has_a_length() -> None:
    spec, leader = PrincipalSpec(REGISTERED), Role.LEADER
    spec.when(GiveGrant(principal="li", role=leader, valid_from=AT - timedelta(hours=1)), XU).refused(
        "period-backdated"
    )
    spec.when(GiveGrant(principal="li", role=leader, valid_from=LATER, valid_until=LATER), XU).refused("period-empty")
    naive = datetime(2027, 1, 1)
    spec.when(GiveGrant(principal="li", role=leader, valid_until=naive), XU).refused("no-zone")


def test_an_enterprise_appoints_its_agent_and_an_administrator_needs_a_mandate() -> None:
    appointed = Grant(_id(2), Role.APPLICANT, AT, None, USCC, as_agent=True)
    appoint = AppointAgent(principal="li", enterprise=USCC)
    PrincipalSpec(REGISTERED).when(appoint, HENGXIN).then(AgentAppointed(grant=appointed))
    PrincipalSpec(REGISTERED).when(appoint, XU).refused("mandate-missing")
    other = Actor("he", "91420100765409211H", Role.APPLICANT)
    PrincipalSpec(REGISTERED).when(appoint, other).refused("wrong-enterprise")
    dismiss = DismissAgent(principal="li", enterprise=USCC)
    PrincipalSpec(REGISTERED, AgentAppointed(grant=appointed)).when(dismiss, HENGXIN, LATER).then(
        AgentDismissed(grant=_id(2), ends_at=LATER)
    )
    PrincipalSpec(REGISTERED).when(dismiss, HENGXIN).refused("no-such-agent")


def test_a_key_belongs_to_a_program_and_has_two_secrets_for_a_while() -> None:
    granted = GrantGiven(grant=grant(Role.INTEGRATOR))
    issue = IssueKey(principal="li", key="landkey1", digest="a" * 64, grant=_id(2), scopes=("read:*",))
    issued = KeyIssued(key="landkey1", digest="a" * 64, grant=_id(2), scopes=("read:*",))
    PrincipalSpec(PROGRAM, granted).when(issue, XU).then(issued)
    PrincipalSpec(REGISTERED, granted).when(issue, XU).refused("key-for-a-person")
    PrincipalSpec(PROGRAM).when(issue, XU).refused("no-such-grant")
    PrincipalSpec(PROGRAM, granted, issued).when(issue, XU).refused("key-issued")
    strange = IssueKey(principal="li", key="landkey1", digest="a" * 64, grant=_id(2), scopes=("commands:fly",))
    PrincipalSpec(PROGRAM, granted).when(strange, XU).refused("unknown-scope")
    rotate = RotateKey(principal="li", key="landkey1", digest="b" * 64, old_until=LATEST)
    rotated = KeyRotated(key="landkey1", digest="b" * 64, old_until=LATEST)
    state = PrincipalSpec(PROGRAM, granted, issued).when(rotate, XU, LATER).then(rotated)
    assert [(secret.digest[0], secret.valid_until) for secret in state.keys["landkey1"].secrets] == [
        ("a", LATEST),
        ("b", None),
    ]
    PrincipalSpec(PROGRAM, granted, issued, rotated).when(rotate, XU, LATER).refused("secret-repeated")
    revoke = RevokeKey(principal="li", key="landkey1")
    revoked = KeyRevoked(key="landkey1", ends_at=LATER)
    state = PrincipalSpec(PROGRAM, granted, issued).when(revoke, XU, LATER).then(revoked)
    assert state.keys["landkey1"].revoked_at == LATER
    PrincipalSpec(PROGRAM, granted, issued, revoked).when(revoke, XU, LATEST).refused("no-such-key")


def test_a_person_on_leave_names_a_deputy() -> None:
    named = DeputyNamed(deputy="zhang", valid_from=AT, valid_until=LATEST)
    PrincipalSpec(REGISTERED).when(NameDeputy(principal="li", deputy="zhang", valid_until=LATEST), LI).then(named)
    leave = RecordLeave(principal="li", valid_until=LATEST, deputy="zhang")
    state = PrincipalSpec(REGISTERED).when(leave, LI).then(LeaveRecorded(valid_from=AT, valid_until=LATEST), named)
    assert state.deputies[0].holds(LATER)
    assert not state.deputies[0].holds(LATEST)
    dismissal = DismissDeputy(principal="li", deputy="zhang")
    dismissed = DeputyDismissed(deputy="zhang", ends_at=LATER)
    state = PrincipalSpec(REGISTERED, named).when(dismissal, XU, LATER).then(dismissed)
    assert not state.deputies[0].holds(LATER)
    PrincipalSpec(REGISTERED, named, dismissed).when(dismissal, XU, LATEST).refused("no-such-deputy")
    PrincipalSpec(REGISTERED).when(NameDeputy(principal="li", deputy="li", valid_until=LATEST), LI).refused(
        "deputy-is-self"
    )
    PrincipalSpec(REGISTERED).when(NameDeputy(principal="li", deputy="xu", valid_until=LATEST), XU).refused(
        "grants-to-himself"
    )
    PrincipalSpec(REGISTERED).when(leave, Actor("zhang", "land")).refused("wrong-role")


def test_a_closed_principal_has_nothing_left() -> None:
    granted = GrantGiven(grant=grant())
    closed = PrincipalClosed(ends_at=LATER)
    state = PrincipalSpec(REGISTERED, granted).when(ClosePrincipal(principal="li"), XU, LATER).then(closed)
    assert state.closed_at == LATER
    assert not state.grants[_id(2)].holds(LATER)
    give = GiveGrant(principal="li", role=Role.LEADER)
    PrincipalSpec(REGISTERED, closed).when(give, XU, LATEST).refused("principal-closed")
    PrincipalSpec().when(give, XU).refused("unknown-principal")


def test_departments_merge_in_no_circle() -> None:
    merged = DepartmentsMerged(department="planning", into="land", valid_from=AT)
    spec = PrincipalSpec(merged, stream=DEPARTMENTS_STREAM)
    assert PrincipalSpec(stream=DEPARTMENTS_STREAM).when(
        MergeDepartments(department="planning", into="land"), XU
    ).decided() == (merged,)
    spec.when(MergeDepartments(department="planning", into="fire"), XU).refused("department-merged")
    spec.when(MergeDepartments(department="land", into="planning"), XU).refused("merge-circle")
    spec.when(MergeDepartments(department="fire", into="fire"), XU).refused("merge-circle")
    spec.when(MergeDepartments(department="fire", into="land"), LI).refused("wrong-role")
    PrincipalSpec().when(MergeDepartments(department="fire", into="land"), XU).refused("wrong-stream")
    state = replay(DEPARTMENTS_STREAM, entries([merged], DEPARTMENTS_STREAM))
    assert isinstance(state, Departments)
    assert (state.absorbed("land", AT), state.absorbed("land", AT - timedelta(seconds=1))) == (["planning"], [])


def test_a_command_of_another_kind_is_refused() -> None:
    PrincipalSpec(REGISTERED).when(MergeDepartments(department="a", into="b"), XU).refused("wrong-stream")
