"""Rules that commands of every aggregate share: roles, reasons, limits."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Actor, Refused, Role
from domain.law.packs.pack import DEFAULT_MODE, Limit, Pack

HOLIDAYS_OF_REGIONS = "全国年节及纪念日放假办法 4"


def require_role(by: Actor, what: str, *roles: Role) -> None:
    """Refuse *what* unless *by* acts in one of *roles*."""
    if by.role not in roles:
        people = [role for role in roles if role is not Role.SYSTEM] or roles  # as which nobody can sign in
        raise Refused("wrong-role", f"{by.role.spoken} can't {what}", remedy=f"this is for: {', '.join(people)}")


def require_reasons(reasons: str, what: str, article: str) -> None:
    """Refuse *what* (a phrase such as 'declining land') where its reasons are blank."""
    if not reasons.strip():
        raise Refused("reasons-missing", f"{what} needs reasons", article=article, remedy="say why")


def require_region(code: str, calendar: str, law: Pack, context: Context) -> None:
    """Refuse a calendar for *code* that is neither its law's own nor one that stacks on that (rule book B2.8)."""
    if calendar and calendar not in (law.calendar, *context.regions):
        raise Refused(
            "region-unknown",
            f"{code} can't be counted on the calendar {calendar}, which does not stack on {law.calendar}",
            article=HOLIDAYS_OF_REGIONS,
            remedy=f"its calendars are: {', '.join((law.calendar, *context.regions))}",
            item=code,
            calendars=[law.calendar, *context.regions],
        )


def require_mode(code: str, mode: str, law: Pack) -> None:
    """Refuse a mode of handling that the law of *code* does not have; a law without any sets no limit to begin with."""
    if law.modes and mode not in law.modes:
        raise Refused(
            "mode-unknown",
            f"{law.name} knows no mode {mode} in which {code} could be handled",
            article=law.article("decision"),
            remedy=f"its modes are: {', '.join(law.modes)}",
            item=code,
            modes=list(law.modes),
        )


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
