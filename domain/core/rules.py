"""Rules shared by the commands of all aggregates: roles, reasons, limits."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Actor, Refused, Role
from domain.law.estimate import in_words, longest_promise, promise_too_long, promise_unit
from domain.law.packs.pack import DEFAULT_MODE, Limit, Pack

HOLIDAYS_OF_REGIONS = "全国年节及纪念日放假办法 4"


def require_role(by: Actor, what: str, *roles: Role) -> None:
    """Refuse *what* unless *by* acts in one of *roles*."""
    if by.role not in roles:
        people = [role for role in roles if role is not Role.SYSTEM] or roles  # no person signs in as the system
        raise Refused("wrong-role", f"{by.role.with_article} can't {what}", remedy=f"this is for: {', '.join(people)}")


def require_reasons(reasons: str, what: str, article: str) -> None:
    """Refuse *what* (a phrase such as 'declining land') if its reasons are blank."""
    if not reasons.strip():
        raise Refused("reasons-missing", f"{what} needs reasons", article=article, remedy="give reasons")


def require_region(code: str, calendar: str, law: Pack, context: Context) -> None:
    """Refuse a calendar for *code* other than its law's own or a regional one that adds to it (rule book B2.8)."""
    if calendar and calendar not in (law.calendar, *context.regions):
        raise Refused(
            "region-unknown",
            f"{code} can't use the calendar {calendar}: it does not extend {law.calendar}",
            article=HOLIDAYS_OF_REGIONS,
            remedy=f"choose one of: {', '.join((law.calendar, *context.regions))}",
            item=code,
            calendars=[law.calendar, *context.regions],
        )


def require_mode(code: str, mode: str, law: Pack) -> None:
    """Refuse a mode of handling that the law does not have; a law without modes sets no limit either."""
    if law.modes and mode not in law.modes:
        raise Refused(
            "mode-unknown",
            f"{code} can't be handled in the mode {mode}: {law.name} has no such mode",
            article=law.article("decision"),
            remedy=f"choose one of: {', '.join(law.modes)}",
            item=code,
            modes=list(law.modes),
        )


def limit_of(law: Pack, clock: str, mode: str = DEFAULT_MODE) -> Limit:
    """The limit of *clock* in *mode*; refused if this law sets none."""
    try:
        return law.limit(mode, clock)
    except KeyError as unknown:
        raise Refused(
            "limit-unknown",
            f"{law.name} sets no limit for the clock {clock} in the mode {mode}",
            remedy="choose another mode of this law",
        ) from unknown


def require_promise_within(item: str, promise_days: int | None, law: Pack, limit: Limit, remedy: str = "") -> None:
    """Refuse a promise that no start day lets end within the statutory *limit*. *remedy*: to choose another mode."""
    too_long = "" if promise_days is None else promise_too_long(law, limit, promise_days)
    if not too_long:
        return
    most = in_words(longest_promise(law, limit), promise_unit(law, limit.unit))
    raise Refused(
        "promise-exceeds-statute",
        f"{item} {too_long}",
        article=limit.article,
        remedy=remedy or f"promise {most} or fewer",
        item=item,
    )
