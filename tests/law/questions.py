"""Short ways to write a history and ask about it: the usual rule, dates in Beijing time, one line per event."""

from datetime import datetime
from typing import Any

import msgspec

from domain.law.licensing.evaluation import ClockEvaluation, evaluate
from domain.law.licensing.event import LawEvent
from domain.law.licensing.explain import Explanation, explain
from domain.law.licensing.rule import CountersignTerms, HearingTerms, PeriodTerms, RenewalTerms, Rule, Yellow
from tests.law.packs.books import china

ART_45 = ("hearing", "bidding", "auction", "inspection", "testing", "quarantine", "appraisal", "expert_review")
USUAL = Rule(
    pack="CN-ALL-2019",
    zone="Asia/Shanghai",
    mode="single",
    intake_days=5,
    intake_shift="none",
    close_of_business="17:30",
    decision=PeriodTerms(20, 10),
    lower_review=PeriodTerms(20, 0),
    commitment=None,
    delivery_days=10,
    countersign=CountersignTerms(7, "deemed_consent"),
    hearing=HearingTerms(5, 20, 7),
    suspension_day_rule="[s,e)",
    statutory_suspend_reasons=ART_45,
    commitment_suspend_reasons=(*ART_45, "site_survey"),
    yellow=Yellow(1, 5, 1),
    licence_expiry=None,
    live=True,
    renewal=RenewalTerms(30, 5),
    articles={"decision": "行政许可法 42(1)"},
)


def at(text: str) -> datetime:
    """Beijing time of "03-02" or "03-02 17:30" in 2026, or of a full date; noon where no hour is given."""
    day, _, hour = text.partition(" ")
    full = day if day.count("-") == 2 else f"2026-{day}"
    return datetime.fromisoformat(f"{full}T{hour or '12:00'}:00+08:00")


def happened(kind: str, when: str, **fields: Any) -> LawEvent:
    """One event; its id is its kind unless given."""
    event = {"id": kind, "type": kind, "at": at(when), **fields}
    if "recorded" in event:
        event["recorded_at"] = at(event.pop("recorded"))
    return msgspec.convert(event, LawEvent)  # type: ignore[no-any-return]  # a union is no type to mypy


def ask(t: str, *events: LawEvent, known: str | None = None, rule: Rule = USUAL) -> ClockEvaluation:
    """The state at *t*."""
    return evaluate(rule, events, china(), at(t), at(known) if known else None)


def why(clock: str, t: str, *events: LawEvent, rule: Rule = USUAL) -> Explanation:
    """The explanation of *clock* at *t*."""
    return explain(rule, events, china(), at(t), None, clock)
