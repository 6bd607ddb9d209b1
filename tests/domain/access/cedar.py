"""The table of access as policies of Cedar, whose engine then judges the same cases: a second opinion on every one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import cedarpy

from domain.access.decision import AccessCase
from domain.access.principal import Caller, PrincipalKind
from domain.access.table import TABLE, AccessRule, Relation, scopes_for

# How a caller has to do with a case, in Cedar's own words; independent of the functions in the domain.
RELATIONS = {
    Relation.ZONE: "true",
    Relation.SELF: 'resource.principal != "" && resource.principal == principal.name',
    Relation.OWNER: '!principal.agent && principal.over != "" && resource.uscc == principal.over',
    Relation.OWN_ENTERPRISE: 'principal.over != "" && resource.uscc == principal.over',
    Relation.OWN_DEPARTMENT: (
        'principal.over != "" && (resource.department == principal.over'
        " || resource.countersigners.contains(principal.over))"
    ),
    Relation.TAKES_PART: 'principal.over != "" && resource.departments.contains(principal.over)',
    Relation.OWN_PROJECT: 'principal.manages != "" && resource.manager == principal.manages',
}
LIMITED = "(!principal.limited || principal.projects.contains(resource.project))"
Question = tuple[Caller, str, AccessCase]


def policies() -> str:
    """A policy for each role that a rule names, and one for each public action."""
    return "\n".join(policy for action, rule in TABLE.items() for policy in _policies(action, rule))


def _policies(action: str, rule: AccessRule) -> list[str]:
    head = f'permit(principal, action == Action::"{action}", resource)'
    if rule.public:
        return [f"{head};"]
    scopes = ", ".join(f'"{scope}"' for scope in sorted(scopes_for(action)))
    scoped = f"(principal.unscoped || principal.scopes.containsAny([{scopes}]))"
    lines = []
    for role, relation in rule.roles.items():
        limit = "true" if relation is Relation.SELF else LIMITED
        when = f'principal.role == "{role.value}" && ({RELATIONS[relation]}) && {limit} && {scoped}'
        lines.append(f"{head} when {{ {when} }};")
    return lines


@cache
def policy_set() -> cedarpy.PolicySet:
    return cedarpy.PolicySet.from_str(policies())


def judged(questions: Sequence[Question]) -> list[bool]:
    """What Cedar says to each question; each caller and each case is described to it once."""
    callers = {caller: number for number, caller in enumerate(dict.fromkeys(caller for caller, _, _ in questions))}
    cases = {case: number for number, case in enumerate(dict.fromkeys(case for _, _, case in questions))}
    entities = [_principal(number, caller) for caller, number in callers.items()]
    entities += [_resource(number, case) for case, number in cases.items()]
    requests = [
        {
            "principal": f'Caller::"{callers[caller]}"',
            "action": f'Action::"{action}"',
            "resource": f'Case::"{cases[case]}"',
            "context": {},
        }
        for caller, action, case in questions
    ]
    results = cedarpy.is_authorized_batch(requests, policy_set(), entities)
    for result in results:
        assert not result.diagnostics.errors, result.diagnostics.errors
    return [result.decision == cedarpy.Decision.Allow for result in results]


def _principal(number: int, caller: Caller) -> dict[str, Any]:
    person = caller.kind is not PrincipalKind.PROGRAM
    return _entity(
        "Caller",
        number,
        {
            "name": caller.id,
            "role": caller.role.value,
            "over": caller.over,
            "agent": caller.as_agent,
            "manages": caller.deputy_of or caller.id,
            "limited": bool(caller.projects),
            "projects": [str(project) for project in caller.projects],
            "unscoped": caller.scopes is None and person,
            "scopes": list(caller.scopes or ()),
        },
    )


def _resource(number: int, case: AccessCase) -> dict[str, Any]:
    return _entity(
        "Case",
        number,
        {
            "project": str(case.project or ""),
            "uscc": case.uscc,
            "manager": case.manager,
            "departments": sorted(case.departments),
            "department": case.department,
            "countersigners": sorted(case.countersigners),
            "principal": case.principal,
        },
    )


def _entity(kind: str, number: int, attributes: dict[str, Any]) -> dict[str, Any]:
    return {"uid": {"type": kind, "id": str(number)}, "attrs": attributes, "parents": []}
