"""A project countersigned by several departments in sequence: an example of each command and fact."""

from __future__ import annotations

from uuid import UUID

from domain.core.plan import PlannedItem
from domain.core.types import Mode, Outcome
from domain.examples.people import ENTERPRISE, ENVIRONMENT, FIRE, MANAGER, PLANNING, PROVINCE, WATER, Step, sent
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.countersignature.consolidation import ConsolidateOpinions
from domain.project.countersignature.forwarding import ForwardCountersignature, RecallCountersignature
from domain.project.countersignature.request import (
    AskCountersignature,
    AskingOrder,
    ContinueCountersignature,
    Countersign,
)
from domain.project.countersignature.revision import KeepOpinion, ReviseApplication
from domain.project.state.consultation import Opinion

CIRCULATED_PROJECT = UUID("0193f0a2-7c00-7000-8000-000000000004")
ITEM = "works-permit"

APPLIED = [
    *sent(
        "2026-03-02 09:00",
        MANAGER,
        RegisterProject(
            name="恒信新材料危化品仓库",
            enterprise=Enterprise("恒信新材料有限公司", "91420100MA0HX2026E"),
            manager="wang.min",
            items=(PlannedItem(item=ITEM, department="planning", name="建设工程规划许可", mode=Mode.JOINT),),
        ),
    ),
    *sent("2026-03-02 10:00", ENTERPRISE, SubmitItem(item=ITEM, materials=("总平面图",))),
]
FIRST_ROUND = [
    *sent(
        "2026-03-03 09:00",
        PLANNING,
        AcceptItem(item=ITEM),
        AskCountersignature(
            item=ITEM, departments=("fire", "water", "environment"), within_days=5, order=AskingOrder.SEQUENTIAL
        ),
    ),
    *sent("2026-03-05 10:00", FIRE, Countersign(item=ITEM, opinion=Opinion.AGREED)),
    *sent(
        "2026-03-09 10:00",
        WATER,
        Countersign(item=ITEM, opinion=Opinion.OBJECTED, reasons="初期雨水池容积不足"),
    ),
    *sent(
        "2026-03-09 15:00",
        PLANNING,
        ContinueCountersignature(item=ITEM, department="water", reasons="雨水池由建设单位另行修改, 不影响环境部门审查"),
    ),
    *sent(
        "2026-03-11 10:00",
        ENVIRONMENT,
        ForwardCountersignature(item=ITEM, to="province-environment", reasons="危化品仓库环评由省厅审批, 需转报"),
    ),
    *sent(
        "2026-03-16 10:00",
        PROVINCE,
        Countersign(item=ITEM, opinion=Opinion.AGREED_WITH_CONDITIONS, conditions=("储罐区防渗达到重点防渗标准",)),
    ),
]
SECOND_ROUND = [
    *sent(
        "2026-03-18 09:00",
        ENTERPRISE,
        ReviseApplication(item=ITEM, changes="初期雨水池由200立方米扩至500立方米", materials=("总平面图(修改)",)),
    ),
    *sent(
        "2026-03-18 14:00",
        PLANNING,
        KeepOpinion(item=ITEM, department="fire", reasons="消防车道和间距没有变化"),
    ),
    *sent("2026-03-20 10:00", WATER, Countersign(item=ITEM, opinion=Opinion.AGREED)),
    *sent(
        "2026-03-20 11:00",
        PLANNING,
        KeepOpinion(item=ITEM, department="province-environment", reasons="防渗要求不受影响"),
        AskCountersignature(item=ITEM, departments=("traffic",)),
    ),
    *sent(
        "2026-03-23 09:00",
        PLANNING,
        RecallCountersignature(item=ITEM, department="traffic", reasons="出入口没有变化, 无需征求意见"),
        ConsolidateOpinions(item=ITEM, text="各部门同意, 防渗条件写入许可", conditions=("储罐区防渗达到重点防渗标准",)),
        CompleteItem(item=ITEM, outcome=Outcome.GRANTED, document_number="建字第420100202600033号"),
    ),
]
CIRCULATED: tuple[Step, ...] = (*APPLIED, *FIRST_ROUND, *SECOND_ROUND)
