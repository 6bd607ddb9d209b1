"""Judges one case by the table of access: whether the caller may act or see it, why, and what would help."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from uuid import UUID

from msgspec import Struct, structs

from domain.access.principal import Caller, PrincipalKind
from domain.access.table import TABLE, AccessRule, Relation, scopes_for
from domain.core.ledger import Role


class AccessCase(Struct, frozen=True, gc=False):
    """What a request is about, as far as access depends on it. Empty fields say that it has none of that.

    *departments* are all that have an item in the project. Of the item, or of the complaint, *department* handles it
    and *countersigners* were asked for their opinion. *principal* is the person or program that it is about.
    """

    project: UUID | None = None
    uscc: str = ""
    manager: str = ""
    departments: frozenset[str] = frozenset()
    department: str = ""
    countersigners: frozenset[str] = frozenset()
    principal: str = ""


class Wording(Struct, frozen=True):
    """A sentence in both languages."""

    zh: str = ""
    en: str = ""


class Judgement(Struct, frozen=True):
    """The answer of the table. Not *visible*: 404; visible and not *allowed*: 403.

    *rule* names what decided, such as "accept_item: officer, own_department".
    """

    allowed: bool
    visible: bool
    rule: str
    reason: Wording
    remedy: Wording = Wording()


NO_CASE = AccessCase()
ROLES: Mapping[Role, Wording] = {
    Role.OFFICER: Wording("部门经办人", "officers"),
    Role.PROJECT_MANAGER: Wording("项目经理", "project managers"),
    Role.APPLICANT: Wording("企业", "applicants"),
    Role.SUPERVISOR: Wording("监察局", "the supervision bureau"),
    Role.LEADER: Wording("领导", "leaders"),
    Role.AUDITOR: Wording("审计员", "auditors"),
    Role.INTEGRATOR: Wording("对接系统", "departments' own systems"),
    Role.WINDOW_CLERK: Wording("综合窗口", "window clerks"),
    Role.ADMINISTRATOR: Wording("管理员", "administrators"),
    Role.SYSTEM: Wording("系统", "the system"),
}
RELATIONS: Mapping[Relation, Wording] = {
    Relation.SELF: Wording("本人", "about themselves"),
    Relation.OWNER: Wording("本企业（受托人除外）", "of their own enterprise, not as its agents"),
    Relation.OWN_ENTERPRISE: Wording("本企业或受托企业", "of their own enterprise, or of one they are agents of"),
    Relation.OWN_DEPARTMENT: Wording("本部门主办或会签的事项", "on items their department handles or countersigns"),
    Relation.TAKES_PART: Wording("本部门参与的项目", "in projects in which their department has an item"),
    Relation.OWN_PROJECT: Wording("本人管理的项目", "in projects they manage"),
    Relation.ZONE: Wording("全区", "in the whole zone"),
}
PUBLIC = Wording("公开", "it is public")
SIGN_IN = Wording("请先登录", "sign in, or send a key")


def may(caller: Caller | None, action: str, case: AccessCase = NO_CASE) -> Judgement:
    """Whether *caller* (None: not signed in) may do *action* on *case*. Raises KeyError where no rule is declared."""
    rule = TABLE[action]
    if rule.public:
        return Judgement(True, True, f"{action}: public", PUBLIC)
    if caller is None:
        return Judgement(False, TABLE[rule.door].public, f"{action}: nobody", wanted(rule), SIGN_IN)
    relation = rule.roles.get(caller.role)
    basis = f"{action}: {caller.role}, {relation or 'nobody'}"
    related = relation is not None and is_related(caller, relation, case)
    visible = related or sees(caller, TABLE[rule.door], case)
    if relation is None or not related:
        return Judgement(False, visible, basis, refusal(caller, relation), wanted(rule))
    if not in_scope(caller, action):
        return Judgement(False, visible, f"{action}: no scope", out_of_scope(action), widen(action))
    return Judgement(True, True, basis, permission(caller.role, relation))


def allows(caller: Caller, action: str, case: AccessCase) -> bool:
    """Whether *caller* may do *action* on *case*, as `may` says, without why: asked with every command."""
    rule = TABLE[action]
    relation = rule.roles.get(caller.role)
    return rule.public or (relation is not None and is_related(caller, relation, case) and in_scope(caller, action))


def may_somewhere(caller: Caller | None, action: str) -> Judgement:
    """Whether *caller* may do *action* on any case there could be: which cases, the filter of rows decides."""
    judged = may(caller, action)
    relation = TABLE[action].roles.get(caller.role) if caller is not None else None
    if judged.allowed or caller is None or relation is None:
        return structs.replace(judged, visible=True)
    if not in_scope(caller, action):
        return Judgement(False, True, f"{action}: no scope", out_of_scope(action), widen(action))
    return Judgement(True, True, judged.rule, permission(caller.role, relation))


def may_all(caller: Caller | None, action: str, cases: Sequence[AccessCase]) -> Judgement:
    """Whether *caller* may do *action* on all of *cases*, of which there is at least one: else why not on the first."""
    if len(cases) == 1:
        return may(caller, action, cases[0])
    judgements = [may(caller, action, case) for case in cases]
    return next((judged for judged in judgements if not judged.allowed), judgements[0])


def sees(caller: Caller, door: AccessRule, case: AccessCase) -> bool:
    """Whether *caller* may know of *case* at all: scopes limit what a program does, not what it may know of."""
    relation = door.roles.get(caller.role)
    return door.public or (relation is not None and is_related(caller, relation, case))


def is_related(caller: Caller, relation: Relation, case: AccessCase) -> bool:
    """Whether *caller* has the *relation* to *case*, within the projects of the grant."""
    if caller.projects and case.project not in caller.projects:
        return relation is Relation.SELF and RELATED[relation](caller, case)
    return RELATED[relation](caller, case)


RELATED: Mapping[Relation, Callable[[Caller, AccessCase], bool]] = {
    Relation.ZONE: lambda _, __: True,
    Relation.SELF: lambda caller, case: case.principal == caller.id != "",
    Relation.OWN_PROJECT: lambda caller, case: case.manager == works_as(caller) != "",
    Relation.OWNER: lambda caller, case: case.uscc == caller.over != "" and not caller.as_agent,
    Relation.OWN_ENTERPRISE: lambda caller, case: case.uscc == caller.over != "",
    Relation.TAKES_PART: lambda caller, case: caller.over != "" and caller.over in case.departments,
    Relation.OWN_DEPARTMENT: lambda caller, case: (
        caller.over != "" and caller.over in {case.department, *case.countersigners}
    ),
}


def works_as(caller: Caller) -> str:
    """The id of the manager as whom *caller* acts: the caller's own, or that of the person the caller is deputy of."""
    return caller.deputy_of or caller.id


def in_scope(caller: Caller, action: str) -> bool:
    """Whether the scopes of the caller's key or token cover *action*; people have no scopes, so nothing limits them."""
    if caller.scopes is None:
        return caller.kind is not PrincipalKind.PROGRAM
    return not scopes_for(action).isdisjoint(caller.scopes)


@cache
def permission(role: Role, relation: Relation) -> Wording:
    """The sentence for an action that the role allows."""
    who, where = ROLES[role], RELATIONS[relation]
    return Wording(f"{who.zh}可以，范围：{where.zh}", f"{who.en} may, {where.en}")


def refusal(caller: Caller, relation: Relation | None) -> Wording:
    """The sentence for an action that the role of *caller* does not allow."""
    who = ROLES[caller.role]
    if relation is None:
        return Wording(f"{who.zh}无此权限", f"{who.en} may not do this")
    where = RELATIONS[relation]
    return Wording(f"{who.zh}的权限范围是：{where.zh}", f"{who.en} may do this {where.en} only")


def wanted(rule: AccessRule) -> Wording:
    """The sentence that lists the roles which *rule* allows."""
    if not rule.roles:
        return Wording("任何人均无此权限", "no one may do this")
    zh = "；".join(f"{ROLES[role].zh}（{RELATIONS[relation].zh}）" for role, relation in rule.roles.items())
    en = "; ".join(f"{ROLES[role].en} {RELATIONS[relation].en}" for role, relation in rule.roles.items())
    return Wording(f"有权的是：{zh}", f"this is for: {en}")


def out_of_scope(action: str) -> Wording:
    """The sentence for a program whose role allows *action*, but whose scopes do not."""
    return Wording(f"密钥未含 {action} 的权限", f"the key has no scope for {action}")


def widen(action: str) -> Wording:
    """The sentence that names a scope which would help."""
    scopes = ", ".join(sorted(scopes_for(action)))
    return Wording(
        f"请管理员签发含下列权限之一的密钥：{scopes}", f"ask an administrator for a key with one of: {scopes}"
    )
