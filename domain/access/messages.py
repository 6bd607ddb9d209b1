"""Every command to a principal or to the zone's departments, and every fact of one."""

from __future__ import annotations

from domain.access.absence import (
    DeputyDismissed,
    DeputyNamed,
    DismissDeputy,
    LeaveRecorded,
    NameDeputy,
    RecordLeave,
)
from domain.access.departments import DepartmentsMerged, MergeDepartments
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
from domain.access.registration import ClosePrincipal, PrincipalClosed, PrincipalRegistered, RegisterPrincipal

PrincipalCommand = (
    RegisterPrincipal
    | ClosePrincipal
    | GiveGrant
    | ProposeGrant
    | ConfirmGrant
    | WithdrawGrant
    | AppointAgent
    | DismissAgent
    | IssueKey
    | RotateKey
    | RevokeKey
    | NameDeputy
    | DismissDeputy
    | RecordLeave
)
PrincipalFact = (
    PrincipalRegistered
    | PrincipalClosed
    | GrantGiven
    | GrantProposed
    | GrantConfirmed
    | GrantWithdrawn
    | AgentAppointed
    | AgentDismissed
    | KeyIssued
    | KeyRotated
    | KeyRevoked
    | DeputyNamed
    | DeputyDismissed
    | LeaveRecorded
)
DepartmentsCommand = MergeDepartments
DepartmentsFact = DepartmentsMerged
