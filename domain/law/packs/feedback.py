"""The zone's rules on complaints and evaluations as dated data: a clock for each step, with the words it follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from msgspec import Struct

from domain.law.packs.terms import ClockTerms


class FeedbackStep(StrEnum):
    """A step that has a clock."""

    ACCEPTANCE = "complaint_acceptance"  # 投诉受理: to accept, decline or transfer it
    TRANSFER = "complaint_transfer"  # 转办: the same, for the department it was transferred to
    ANSWER = "complaint_answer"  # 投诉答复, the extension included
    SATISFACTION = "complaint_satisfaction"  # 满意度: the complainant's own time to say whether he is satisfied
    START = "rectification_start"  # 差评核实: a person is put on it
    RECTIFICATION = "rectification"  # 差评整改
    CALL_BACK = "call_back"  # 回访
    APPEAL = "evaluation_appeal"  # 申诉复核


class FeedbackTerms(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One edition of the zone's rules, in force from the local day *valid_from* until a later one is.

    No statute sets these limits, so every one is a zone rule; the article of a clock names the published rule whose
    example it follows, and its quotation that rule's words. *transfers_max* is how often departments may pass a
    complaint on; after that the supervision bureau decides who handles it. *rounds_max* is how often one bad grade is
    put right before it is closed, whether the applicant is content or not.
    """

    id: str
    valid_from: date
    title: str
    title_zh: str
    language: str
    transfers_max: int
    rounds_max: int
    clocks: dict[FeedbackStep, ClockTerms]

    @property
    def name(self) -> str:
        """As facts name it, e.g. "zone-voices@2020-01-01"."""
        return f"{self.id}@{self.valid_from}"

    @property
    def extension_days_max(self) -> int:
        """The longest extension of an answer, in working days."""
        extension = self.clocks[FeedbackStep.ANSWER].extension
        return (extension.days_max or 0) if extension else 0

    def basis(self, step: FeedbackStep) -> str:
        """What the clock of *step* rests on, in one line: article and quotation."""
        clock = self.clocks[step]
        return f"{clock.article}: {clock.quote}" if clock.quote else clock.article


def feedback_faults(terms: FeedbackTerms) -> Iterator[str]:
    """Everything wrong with *terms*, one sentence each: every step needs a clock in working days, with its source."""
    for step in FeedbackStep:
        clock, where = terms.clocks.get(step), f"the clock {step} of {terms.name}"
        if clock is None:
            yield f"{where} is missing"
            continue
        if not clock.days or clock.unit != "working_day":
            yield f"{where} has no length in working days"
        if not clock.article.strip():
            yield f"{where} names no article"
        if not (clock.quote or clock.confidence in ("memory", "decision")):
            yield f"{where} quotes no words of the rule"
    for limit, value in (("transfers_max", terms.transfers_max), ("rounds_max", terms.rounds_max)):
        if value < 1:
            yield f"{limit} of {terms.name} is {value}, which must be at least 1"
