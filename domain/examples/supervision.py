"""Acts of the bureau and of the deadline watcher in the examples."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.core.ledger import Actor
from domain.core.personal import CONTACT
from domain.core.plan import PlannedItem
from domain.examples.people import BUREAU, ENTERPRISE, MANAGER, PLANNING, WATCHER, WATER, Step, moment, sent
from domain.law.proof import ClockProof, Colour, Rung
from domain.messages import AnyCommand
from domain.privacy.erasure import ErasePerson
from domain.project.application.acceptance import AcceptItem
from domain.project.application.correction import AmendEntry
from domain.project.application.numbering import NumberCase
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.countersignature.request import AskCountersignature
from domain.project.messages import SystemCommand
from domain.project.supervision.appeals import AnswerSupervision, AppealCard, DecideAppeal, OrderSupervision, Verdict
from domain.project.supervision.rescission import RescindCard
from domain.project.supervision.signals import (
    DeemAcceptance,
    DeemConsent,
    DeemRenewal,
    IssueCard,
    IssueClockCard,
    WarnDeadline,
)

WATCHED_PROJECT = UUID("0193f0a2-7c00-7000-8000-000000000002")


class WatchedStep(Struct, frozen=True):
    """One command of the watched story, a person's or the system's: who sent it, and when."""

    at: datetime
    by: Actor
    command: AnyCommand | SystemCommand | ErasePerson


def watched(at: str, *commands: SystemCommand | ErasePerson) -> list[WatchedStep]:
    """The steps of the watcher at one instant."""
    return [WatchedStep(moment(at), WATCHER, command) for command in commands]


SUPERVISED: list[Step] = [
    *sent(
        "2026-05-06 09:00",
        BUREAU,
        IssueCard(item="drainage", colour=Colour.YELLOW, reasons="不予受理未见书面凭证 (行政许可法第三十二条第二款)"),
    ),
    *sent(
        "2026-05-07 15:00",
        WATER,
        AppealCard(card="drainage-1", reasons="凭证已当场交付, 系统漏传", papers=("不予受理凭证存根",)),
    ),
    *sent(
        "2026-05-08 10:00",
        BUREAU,
        DecideAppeal(card="drainage-1", verdict=Verdict.REVOKE, reasons="存根属实, 予以撤销"),
        OrderSupervision(
            order="DB-2026-003",
            item="drainage",
            about="说明凭证为何未上传, 并补传今年的全部凭证",
            feedback_by=date(2026, 5, 15),
            card="drainage-1",
        ),
    ),
    *sent("2026-05-12 16:00", WATER, AnswerSupervision(order="DB-2026-003", answer="今年凭证共37份, 已全部补传")),
]

PEOPLE = [
    *sent(
        "2026-05-06 09:00",
        MANAGER,
        RegisterProject(
            name="恒信新材料三期厂房",
            code="2605-420100-04-01-100002",
            enterprise=Enterprise("恒信新材料有限公司", "91420100MA0HX2026E"),
            manager="wang.min",
            items=(
                PlannedItem(item="road", department="planning", name="挖掘城市道路审批", promise_days=10),
                PlannedItem(item="water", department="water", name="取水许可延续"),
                PlannedItem(item="well", department="water", name="凿井许可"),
            ),
        ),
    ),
    *sent("2026-05-06 10:00", ENTERPRISE, SubmitItem(item="road"), SubmitItem(item="water")),
    *sent(
        "2026-05-07 09:00",
        WATER,
        AcceptItem(item="water"),
        AskCountersignature(item="water", departments=("fire",), within_days=5),
    ),
    *sent(
        "2026-05-14 10:00",
        BUREAU,
        AmendEntry(version=2, new_occurred_at=moment("2026-05-08 10:00"), reasons="窗口收件登记为5月8日"),
    ),
    *sent("2026-05-14 16:00", PLANNING, AcceptItem(item="road")),
]
INTAKE = ClockProof(
    rung=Rung.WARNING,
    clock="intake#1",
    application=1,
    rule="cn-licensing@2019-04-23",
    calendar="CN/CN-2026/bf27c03b",
    article="行政许可法 32(1)(4)",
    started_on=date(2026, 5, 6),
    length=5,
    due_on=date(2026, 5, 12),
    remaining=1,
    provisional=False,
    evidence=(2,),
    seen=1,
)
SILENT = replace(INTAKE, rung=Rung.ACCEPTANCE, remaining=0)
CONSENT = replace(
    INTAKE,
    rung=Rung.CONSENT,
    clock="countersign:fire",
    article="国发〔1999〕9号",
    started_on=date(2026, 5, 7),
    due_on=date(2026, 5, 13),
    remaining=0,
    evidence=(3, 4, 5),
    seen=3,
)
RENEWAL = replace(
    CONSENT,
    rung=Rung.RENEWAL,
    clock="renewal_guard",
    article="行政许可法 50(2)",
    length=None,
    due_on=date(2026, 6, 30),
)
AGAIN = replace(INTAKE, started_on=date(2026, 5, 8), due_on=date(2026, 5, 14), evidence=(2, 9), seen=2, after=10)
WATCH = [
    *watched("2026-05-12 00:00", WarnDeadline(item="road", proof=INTAKE)),
    *watched(
        "2026-05-13 00:00",
        DeemAcceptance(item="road", proof=SILENT),
        IssueClockCard(item="road", colour=Colour.RED, proof=replace(SILENT, rung=Rung.CARD)),
    ),
    *watched(
        "2026-05-14 10:00",
        RescindCard(card="road-1", cause=9, calendar=INTAKE.calendar, seen=2),
        RescindCard(card="road-2", cause=9, calendar=INTAKE.calendar, seen=2),
        RescindCard(card="road-3", cause=9, calendar=INTAKE.calendar, seen=2),
        WarnDeadline(occurred_at=moment("2026-05-14 00:00"), item="road", proof=AGAIN),
    ),
    # No law shipped here takes a consulted department's silence for consent; where a local rule does, it looks so.
    *watched("2026-05-15 09:00", DeemConsent(occurred_at=moment("2026-05-14 00:00"), item="water", proof=CONSENT)),
    *watched("2026-07-01 00:00", DeemRenewal(item="water", proof=RENEWAL)),
    # Brought in from a register of before case numbers.
    WatchedStep(moment("2026-07-02 09:00"), WATCHER, SubmitItem(item="well")),
    *watched("2026-07-02 09:00", NumberCase(item="well")),
    *watched("2026-07-03 09:00", ErasePerson(data_subject=CONTACT, reasons="经办人已离职, 依法要求删除个人信息")),
]
WATCHED: tuple[WatchedStep, ...] = tuple(
    sorted((*(WatchedStep(step.at, step.by, step.command) for step in PEOPLE), *WATCH), key=lambda step: step.at)
)
