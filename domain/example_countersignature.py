"""A project whose papers go round several departments, one after the other: an example of each command and fact."""

from __future__ import annotations

from uuid import UUID

from domain.example_people import ENTERPRISE, ENVIRONMENT, FIRE, MANAGER, PLANNING, WATER, Step, told
from domain.project.acceptance import AcceptItem
from domain.project.consultation_state import Opinion
from domain.project.countersignature import AskCountersignature, AskingOrder, ContinueCountersignature, Countersign
from domain.project.registration import Enterprise, RegisterProject
from domain.project.state import Mode, PlannedItem
from domain.project.submission import SubmitItem

CIRCULATED_PROJECT = UUID("0193f0a2-7c00-7000-8000-000000000004")
ITEM = "works-permit"

CIRCULATED: tuple[Step, ...] = (
    *told(
        "2026-03-02 09:00",
        MANAGER,
        RegisterProject(
            name="恒信新材料危化品仓库",
            enterprise=Enterprise("恒信新材料有限公司", "91420100MA0HX2026E"),
            manager="wang.min",
            items=(PlannedItem(item=ITEM, department="planning", name="建设工程规划许可", mode=Mode.JOINT),),
        ),
    ),
    *told("2026-03-02 10:00", ENTERPRISE, SubmitItem(item=ITEM, materials=("总平面图",))),
    *told(
        "2026-03-03 09:00",
        PLANNING,
        AcceptItem(item=ITEM),
        AskCountersignature(
            item=ITEM, departments=("fire", "water", "environment"), within_days=5, order=AskingOrder.SEQUENTIAL
        ),
    ),
    *told("2026-03-05 10:00", FIRE, Countersign(item=ITEM, opinion=Opinion.AGREED)),
    *told(
        "2026-03-09 10:00",
        WATER,
        Countersign(item=ITEM, opinion=Opinion.OBJECTED, reasons="初期雨水池容积不足"),
    ),
    *told(
        "2026-03-09 15:00",
        PLANNING,
        ContinueCountersignature(item=ITEM, department="water", reasons="雨水池由建设单位另行修改, 不影响环境部门审查"),
    ),
    *told(
        "2026-03-11 10:00",
        ENVIRONMENT,
        Countersign(item=ITEM, opinion=Opinion.AGREED_WITH_CONDITIONS, conditions=("储罐区防渗达到重点防渗标准",)),
    ),
)
