"""From a pack to the fully expanded rule of one item's clocks (rule book, part B)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from domain.law.licensing.rule import CountersignTerms, HearingTerms, Mode, PeriodTerms, RenewalTerms, Rule
from domain.law.licensing.tolerance import TOLERANCE_CURE
from domain.law.packs.pack import Pack

HEARING_CLOCKS = ("hearing_request", "hearing_hold", "hearing_notice")
NEEDED_CLOCKS = {"intake", "decision", "lower_review", "delivery", *HEARING_CLOCKS, "renewal_filing"}


def expand(
    pack: Pack,
    *,
    mode: Mode = "single",
    commitment_days: int | None = None,
    live: bool = True,
    licence_expiry: date | None = None,
    decision_days: int | None = None,
) -> Rule:
    """The fully expanded rule of one item's clocks, for laws that count working days.

    *commitment_days* is the published promise; *decision_days* replaces the limit where one was recorded.
    Raises ValueError for a law that counts otherwise: its clocks are the general clock's.
    """
    _require_usual_clocks(pack, mode)
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
        hearing=HearingTerms(*(pack.limit(mode, clock).days for clock in HEARING_CLOCKS)),
        suspension_day_rule=pack.clocks["decision"].suspension_day_rule,
        statutory_suspend_reasons=pack.reasons("decision"),
        commitment_suspend_reasons=pack.reasons("commitment"),
        yellow=pack.clocks["decision"].yellow,
        licence_expiry=licence_expiry,
        live=live,
        renewal=renewal(pack, mode),
        post_check_months=post_check_months(pack),
        articles=articles(pack, mode),
    )


def _require_usual_clocks(pack: Pack, mode: Mode) -> None:
    if not pack.clocks.keys() >= NEEDED_CLOCKS or pack.limit(mode).unit != "working_day":
        raise ValueError(f"{pack.name} is counted by the general clock, not by working days and the usual clocks")


def articles(pack: Pack, mode: str) -> dict[str, str]:
    """What each clock rests on in *mode*, as the pack cites it: the paragraph of the mode where that has its own."""
    by_clock = {clock: pack.clock_article(clock, mode) for clock in pack.clocks}
    return by_clock | {TOLERANCE_CURE.name: pack.article(TOLERANCE_CURE.name)}


def renewal(pack: Pack, mode: str) -> RenewalTerms:
    """How many days before its end a licence has to be renewed, and at how many working days left it is warned of."""
    guard = pack.clocks["renewal_guard"].yellow if "renewal_guard" in pack.clocks else None
    return RenewalTerms(pack.limit(mode, "renewal_filing").days, guard.min if guard else 0)


def period(pack: Pack, clock: str, mode: str, days: int | None = None) -> PeriodTerms:
    """The length of *clock*, or *days* in its place, and the most it may be extended by."""
    extension = pack.extension(clock, mode)
    length = pack.limit(mode, clock).days if days is None else days
    return PeriodTerms(length, (extension.most(length) or 0) if extension else 0)


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
    return CountersignTerms(pack.limit(clock="countersign").days, consents)
