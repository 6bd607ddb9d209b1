"""Who may do what, and why: grants in force on a day, and what each allows in general or in one project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from msgspec import Struct

from api.guard.judging import PRINCIPAL_UNKNOWN, PROJECT_UNKNOWN, hidden, require_allowed
from domain.access.cases import item_case, project_case
from domain.access.decision import AccessCase, is_related, may, permission
from domain.access.derived import caller_by
from domain.access.principal import Caller, PrincipalKind
from domain.access.table import TABLE, AccessRule, Relation
from domain.core.ledger import Role
from domain.messages import Entry
from domain.project.state.project import Project
from infrastructure.ledger.approvals import Approvals
from projections.access.query import AccessBook, HeldGrant, ListedPrincipal
from projections.view import fold_at

DOOR = "read:progress"  # of the actions on a project


class AllowedAction(Struct, frozen=True):
    """One action, and why it is allowed. *items*: on these items alone; empty: on the whole project, or in general."""

    action: str
    items: list[str]
    reason_zh: str
    reason_en: str


class GrantHolder(Struct, frozen=True):
    """A grant in force, in whose hands it is, and what may be done by it.

    *grant* is the id it was given under; a deputy's, and one over a merged department, has that of the grant it follows
    from. *projects*: these alone; empty: all.
    """

    principal: str
    name: str
    kind: PrincipalKind
    grant: UUID
    role: Role
    over: str
    projects: list[UUID]
    as_agent: bool
    deputy_of: str
    valid_from: datetime
    valid_until: datetime | None
    actions: list[AllowedAction]


class AccessAnswer(Struct, frozen=True):
    """Who could do what at the instant *on*, as was known at *known_at*; of one principal, of one project, or both."""

    on: datetime
    known_at: datetime
    principal: str
    project: UUID | None
    holders: list[GrantHolder]


class AccessQuestion(Struct, frozen=True):
    """The question: about a principal, a project, or both, at the instant *on*, by what was known at *known*."""

    on: datetime
    known: datetime
    principal: str = ""
    project: UUID | None = None


async def access_answer(approvals: Approvals, caller: Caller, question: AccessQuestion) -> AccessAnswer:
    """Who may do what. Raises Problem where *caller* may not ask that, or asks of nothing."""
    project = await _project(approvals, caller, question)
    book = AccessBook(approvals.store, question.on, question.known)
    principals = {person.id: person for person in await book.principals(question.principal or None)}
    held = await book.grants([question.principal] if question.principal else None)
    cases = ProjectCases.of(project) if project else None
    holders = [_holder(grant, principals, cases) for grant in held]
    shown = [holder for holder in holders if holder.actions or project is None]
    return AccessAnswer(question.on, question.known, question.principal, question.project, shown)


async def _project(approvals: Approvals, caller: Caller, question: AccessQuestion) -> Project | None:
    """The project in question as it was; None without one. Raises Problem."""
    if question.project is None:
        require_allowed(
            may(caller, "read:principals", AccessCase(principal=question.principal)), PRINCIPAL_UNKNOWN, caller
        )
        return None
    entries: Sequence[Entry] = await approvals.history(question.project)
    if not isinstance(await approvals.state(question.project), Project) or not entries:
        raise hidden(PROJECT_UNKNOWN)
    case = project_case(await approvals.project(question.project))
    require_allowed(may(caller, "read:access", case), PROJECT_UNKNOWN, caller)
    return fold_project(question.project, entries, question)


def fold_project(project: UUID, entries: Sequence[Entry], question: AccessQuestion) -> Project:
    """The project at the instant in question, by what was known then."""
    folded: Project = fold_at((), project, entries, question.on, question.known).project
    return folded


class ProjectCases(Struct, frozen=True):
    """What a project's actions are judged on: the *whole* of it, and each of its *items*, by their codes."""

    whole: AccessCase
    items: Mapping[str, AccessCase]

    @classmethod
    def of(cls, project: Project) -> ProjectCases:
        """The cases of *project*, made once for the hundreds of grants that are judged on them."""
        whole = project_case(project)
        return cls(whole, {code: item_case(project, code, whole) for code in project.items})


def _holder(held: HeldGrant, principals: Mapping[str, ListedPrincipal], cases: ProjectCases | None) -> GrantHolder:
    grant, person = held.grant, principals.get(held.principal)
    name, kind = (person.name, person.kind) if person else ("", PrincipalKind.PERSON)
    caller = caller_by(grant, held.principal, name, PrincipalKind.PERSON)  # scopes are a key's, not a grant's
    return GrantHolder(
        held.principal,
        name,
        kind,
        grant.id,
        grant.role,
        grant.over,
        list(grant.projects),
        grant.as_agent,
        grant.deputy_of,
        grant.valid_from,
        grant.valid_until,
        in_general(caller) if cases is None else on_project(caller, cases),
    )


def in_general(caller: Caller) -> list[AllowedAction]:
    """Everything that the caller's role may do, on the cases that its reason names."""
    allowed = [(action, rule.roles[caller.role]) for action, rule in TABLE.items() if caller.role in rule.roles]
    return [_allowed(action, caller.role, relation, []) for action, relation in sorted(allowed)]


def on_project(caller: Caller, cases: ProjectCases) -> list[AllowedAction]:
    """What *caller*, a person, may do in the project of *cases*: on the whole of it, else on which items.

    A rule asks for one relation to the case, and there are few: each is looked at once, and not for every action.
    """

    @cache
    def related(relation: Relation) -> list[str] | None:
        """The items that *caller* has the relation to; none: to the whole project; None: to nothing in it."""
        if is_related(caller, relation, cases.whole):
            return []
        return [code for code, case in cases.items.items() if is_related(caller, relation, case)] or None

    rules = sorted((action, rule.roles[caller.role]) for action, rule in TABLE.items() if _is_of(caller.role, rule))
    allowed = [(action, relation, related(relation)) for action, relation in rules]
    return [_allowed(action, caller.role, relation, own) for action, relation, own in allowed if own is not None]


def _is_of(role: Role, rule: AccessRule) -> bool:
    """Whether *rule* is about a project and lets *role* do anything."""
    return rule.door == DOOR and role in rule.roles


def _allowed(action: str, role: Role, relation: Relation, items: list[str]) -> AllowedAction:
    reason = permission(role, relation)
    return AllowedAction(action, items, reason.zh, reason.en)
