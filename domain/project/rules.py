"""The rules several use cases share: who may act, at which stage, by which law, and that reasons are given."""

from __future__ import annotations

from collections.abc import Iterable

from domain.law.pack import DEFAULT_MODE, Limit, Pack
from domain.ledger import Actor, Context, Refused, Role
from domain.project.state import Item, PlannedItem, Project, Stage


def require_registered(project: Project) -> None:
    """Refuse where the project was never registered."""
    if not project.law:
        raise Refused(
            "not-registered", "this project is not registered", remedy="register_project comes before anything else"
        )


def require_handler(code: str, item: Item, by: Actor) -> None:
    """Refuse unless *by* may act for the item's department: its officer, or the manager keying in for one outside."""
    if by.role in (Role.OFFICER, Role.SYSTEM) and by.department == item.department:
        return
    if by.role is Role.PROJECT_MANAGER and not item.plan.live:
        return
    raise Refused(
        "wrong-department",
        f"{code} belongs to {item.department}, not to {by.department or by.id} ({by.role})",
        remedy=f"an officer of {item.department} has to do this",
        department=item.department,
    )


def require_stage(code: str, item: Item, what: str, *stages: Stage) -> None:
    """Refuse *what* (a phrase such as 'be accepted') unless the item is at one of *stages*."""
    if item.stage not in stages:
        wanted = " or ".join(stages)
        raise Refused(
            "wrong-stage",
            f"{code} is {item.stage}, so it can't {what}",
            remedy=f"this passes while the item is {wanted}",
            stage=str(item.stage),
        )


def require_role(by: Actor, what: str, *roles: Role) -> None:
    """Refuse *what* unless *by* acts in one of *roles*."""
    if by.role not in roles:
        raise Refused("wrong-role", f"a {by.role} can't {what}", remedy=f"this is for: {', '.join(roles)}")


def require_applicant_side(code: str, item: Item, by: Actor, what: str) -> None:
    """Refuse unless *by* speaks for the enterprise: itself, its project manager, or the item's own window."""
    if by.role in (Role.APPLICANT, Role.PROJECT_MANAGER, Role.SYSTEM):
        return
    if by.role is Role.OFFICER and by.department == item.department:
        return
    raise Refused(
        "wrong-role",
        f"a {by.role} of {by.department or by.id} can't {what} {code}",
        remedy=f"this is for the applicant, the project manager or the window of {item.department}",
    )


def require_papers_from(by: Actor, what: str) -> None:
    """Refuse unless *by* may hand papers in: the enterprise's side, or any window (一窗受理: one window for all)."""
    require_role(by, what, Role.APPLICANT, Role.PROJECT_MANAGER, Role.OFFICER, Role.SYSTEM)


def require_outside(code: str, item: Item, by: Actor, what: str) -> None:
    """Refuse unless the project manager keys in for a department that works outside the system."""
    require_role(by, what, Role.PROJECT_MANAGER)
    if item.plan.live:
        raise Refused(
            "department-is-live",
            f"{item.department} works in the system, so nobody else can {what} for {code}",
            remedy=f"an officer of {item.department} records it",
            department=item.department,
        )


def require_reasons(reasons: str, what: str, article: str) -> None:
    """Refuse *what* (a phrase such as 'declining land') where its reasons are blank."""
    if not reasons.strip():
        raise Refused("reasons-missing", f"{what} needs reasons", article=article, remedy="say why")


def law_for(plan: PlannedItem, context: Context) -> Pack:
    """The law in force as it applies to this item: with its special law, where it has one."""
    law = context.law
    if not plan.special:
        return law
    if plan.special not in law.specials:
        raise Refused(
            "special-unknown",
            f"{law.name} has no special law {plan.special} for {plan.item}",
            remedy=f"it has: {', '.join(law.specials) or 'none'}",
            item=plan.item,
        )
    return law.under(plan.special)


def limit_of(law: Pack, clock: str, mode: str = DEFAULT_MODE) -> Limit:
    """How long *clock* may take in *mode*; refused where this law sets no such limit."""
    try:
        return law.limit(mode, clock)
    except KeyError as unknown:
        raise Refused(
            "limit-unknown",
            f"{law.name} sets no limit for the clock {clock} in the mode {mode}",
            remedy="choose a mode this law knows",
        ) from unknown


def once(words: Iterable[str]) -> tuple[str, ...]:
    """*words* without repetitions and blanks, in their order."""
    return tuple(dict.fromkeys(word for word in words if word.strip()))
