"""How long each step with a complaint or an evaluation may take: the zone's published rules, by date, with sources.

No statute sets these limits, so every one is a zone rule; *basis* names the published rule it follows. A rule is never
edited: a later one ends it by its date alone, and facts name the rule they were made under.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct


class VoiceStep(StrEnum):
    """A step that has a clock."""

    ACCEPTANCE = "complaint_acceptance"  # 投诉受理: to accept, decline or transfer it
    TRANSFER = "complaint_transfer"  # 转办: the same, for whoever it was transferred to
    ANSWER = "complaint_answer"  # 投诉答复, the extension included
    SATISFACTION = "complaint_satisfaction"  # 满意度: the complainant's own time to speak
    START = "rectification_start"  # 差评核实: somebody is put on it
    RECTIFICATION = "rectification"  # 差评整改
    CALL_BACK = "call_back"  # 回访
    APPEAL = "evaluation_appeal"  # 申诉复核


class VoiceLimit(Struct, frozen=True):
    """So many working days, counted from the day after; *basis* says whose example the zone follows."""

    days: int
    basis: str


class VoiceTerms(Struct, frozen=True):
    """One edition of the zone's rules, in force from the local day *valid_from*.

    *extension_days_max* is the longest extension of an answer, in working days, granted once. *transfers_max* is how
    often departments may pass a complaint on; after that the supervision bureau says whose it is. *rounds_max* is how
    often one bad grade is put right before it is closed, content or not.
    """

    id: str
    valid_from: date
    limits: Mapping[VoiceStep, VoiceLimit]
    extension_days_max: int
    transfers_max: int
    rounds_max: int

    @property
    def name(self) -> str:
        """As facts name it, e.g. "zone-voices@2020-01-01"."""
        return f"{self.id}@{self.valid_from}"


FIVE_TO_ACCEPT = VoiceLimit(5, "园区规则 zone rule, 参照电子监察规定: 对投诉在5个工作日内作出受理或不予受理的决定")
ZONE_2020 = VoiceTerms(
    id="zone-voices",
    valid_from=date(2020, 1, 1),
    limits={
        VoiceStep.ACCEPTANCE: FIVE_TO_ACCEPT,
        VoiceStep.TRANSFER: FIVE_TO_ACCEPT,
        VoiceStep.ANSWER: VoiceLimit(
            15, "园区规则 zone rule, 参照湖北省营商环境问题投诉联动处理办法: 15个工作日内将办理结果回复"
        ),
        VoiceStep.SATISFACTION: VoiceLimit(
            5, "园区规则 zone rule, 参照湖北省营商环境问题投诉联动处理办法: 5个工作日内反馈投诉人并听取意见"
        ),
        VoiceStep.START: VoiceLimit(
            1, "园区规则 zone rule, 参照国办发〔2019〕51号: 收到差评后由业务办理单位第一时间安排专人回访核实"
        ),
        VoiceStep.RECTIFICATION: VoiceLimit(15, "园区规则 zone rule, 参照四川省好差评做法: 差评15个工作日内整改"),
        VoiceStep.CALL_BACK: VoiceLimit(
            5, "园区规则 zone rule, 参照各地好差评方案: 实名差评回访率100%, 期限由园区公布"
        ),
        VoiceStep.APPEAL: VoiceLimit(5, "园区规则 zone rule, 误评和恶意差评的申诉复核, 期限由园区公布"),
    },
    extension_days_max=15,
    transfers_max=2,
    rounds_max=2,
)
EDITIONS: tuple[VoiceTerms, ...] = (ZONE_2020,)  # oldest first
BY_NAME = {terms.name: terms for terms in EDITIONS}


def terms_on(day: date) -> VoiceTerms:
    """The edition in force on the local *day*; the oldest one for what happened before any was published."""
    in_force = [terms for terms in EDITIONS if terms.valid_from <= day]
    return in_force[-1] if in_force else EDITIONS[0]


def terms_of(rule: str, day: date) -> VoiceTerms:
    """The edition called *rule*, else the one in force on *day*: facts recorded at first name none."""
    return BY_NAME.get(rule) or terms_on(day)
