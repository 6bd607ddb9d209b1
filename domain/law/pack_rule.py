"""From a pack to the fully expanded rule of one item's clocks (rule book, part B)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from domain.law.countersign import COUNTERSIGN
from domain.law.rule import CountersignTerms, HearingTerms, Mode, Period, RenewalTerms, Rule

if TYPE_CHECKING:
    from domain.law.pack import Pack

NEEDED_CLOCKS = (
    "intake",
    "decision",
    "lower_review",
    "delivery",
    "hearing_request",
    "hearing_hold",
    "hearing_notice",
    "renewal_filing",
)


def rule_of(
    pack: Pack,
    mode: Mode,
    commitment_days: int | None,
    licence_expiry: date | None,
    decision_days: int | None,
    *,
    live: bool,
) -> Rule:
    """Expand *pack*; ValueError unless it has the clocks of the rule book and counts its decision in working days."""
    missing = [clock for clock in NEEDED_CLOCKS if clock not in pack.clocks]
    if missing or pack.limit(mode).unit != "working_day":
        raise ValueError(f"{pack.name} is counted by the general clock, not by working days and the usual clocks")
    renewal = pack.clocks["renewal_guard"].yellow if "renewal_guard" in pack.clocks else None
    return Rule(
        pack=pack.name,
        zone=pack.zone,
        mode=mode,
        intake_days=pack.limit(mode, "intake").days,
        intake_shift=pack.clocks["intake"].start_shift,
        close_of_business=pack.close_of_business.strftime("%H:%M"),
        decision=period(pack, "decision", mode, decision_days),
        lower_review=period(pack, "lower_review", mode),
        commitment=None if commitment_days is None else period(pack, "commitment", mode, commitment_days),
        delivery_days=pack.limit(mode, "delivery").days,
        countersign=countersign(pack),
        hearing=HearingTerms(
            pack.limit(mode, "hearing_request").days,
            pack.limit(mode, "hearing_hold").days,
            pack.limit(mode, "hearing_notice").days,
        ),
        suspension_day_rule=pack.clocks["decision"].suspension_day_rule,
        statutory_suspend_reasons=pack.reasons("decision"),
        commitment_suspend_reasons=pack.reasons("commitment"),
        yellow=pack.clocks["decision"].yellow,
        licence_expiry=licence_expiry,
        live=live,
        renewal=RenewalTerms(pack.limit(mode, "renewal_filing").days, renewal.min if renewal else 0),
        post_check_months=post_check_months(pack),
    )


def period(pack: Pack, clock: str, mode: str, days: int | None = None) -> Period:
    """The length of *clock*, or *days* in its place, and the most it may be extended by."""
    extension = pack.extension(clock, mode)
    length = pack.limit(mode, clock).days if days is None else days
    return Period(length, (extension.days_max or 0) if extension else 0)


def post_check_months(pack: Pack) -> int:
    """In how many months a decision on an undertaking is checked; 0 where the law has no such clock in months."""
    if "post_check" not in pack.clocks:
        return 0
    limit = pack.limit(clock="post_check")
    return limit.days if limit.unit == "month" else 0


def countersign(pack: Pack) -> CountersignTerms | None:
    """The terms of countersignature, None where the law has none."""
    if "countersign" not in pack.clocks:
        return None
    consents: Literal["deemed_consent", "overdue"] = (
        "deemed_consent" if pack.silence("countersign") == "deemed_consent" else "overdue"
    )
    article = pack.clocks["countersign"].article
    return CountersignTerms(
        pack.limit(clock="countersign").days, consents, "" if article == COUNTERSIGN.article else article
    )
