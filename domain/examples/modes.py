"""A joint item, papers handed in after acceptance, and a decision on a broken undertaking, in the examples."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain.core.plan import PlannedItem
from domain.core.types import JointForm, Mode, Outcome
from domain.examples.people import ENTERPRISE, ENVIRONMENT, FIRE, MANAGER, PLANNING, Step, sent
from domain.project.application.acceptance import AcceptItem
from domain.project.application.announcement import AnnounceDate
from domain.project.application.completion import CompleteItem
from domain.project.application.delivery import AttemptDelivery, DeliverDecision
from domain.project.application.manager import AssignManager
from domain.project.application.procedure import ChangeMode
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import LicenceToRenew, SubmitItem
from domain.project.application.supplement import SubmitSupplement
from domain.project.application.undertaking import CheckUndertaking, RevokeDecision
from domain.project.countersignature.request import Countersign
from domain.project.countersignature.rules import JOINT_STEP
from domain.project.state.consultation import Opinion

MODES_PROJECT = UUID("0193f0a2-7c00-7000-8000-000000000006")
PAPER = "环境影响登记回执"

MODES_STORY: tuple[Step, ...] = (
    *sent(
        "2026-03-02 09:00",
        MANAGER,
        RegisterProject(
            name="恒信新材料检测中心",
            enterprise=Enterprise("恒信新材料有限公司", "91420100MA0HX2026E"),
            manager="wang.min",
            items=(
                PlannedItem(
                    item="scheme",
                    department="planning",
                    name="建设工程设计方案联合审查",
                    mode=Mode.JOINT,
                    joint_form=JointForm.UNIFIED,
                    participants=("fire", "environment"),
                    promise_days=20,
                ),
                PlannedItem(item="signboard", department="planning", name="户外招牌设置", by_undertaking=True),
                PlannedItem(
                    item="renewal",
                    department="environment",
                    name="排污许可证延续",
                    mode=Mode.RENEWAL,
                    special="discharge_permit",
                ),
            ),
        ),
    ),
    *sent("2026-03-02 10:00", ENTERPRISE, SubmitItem(item="scheme", materials=("设计方案",))),
    *sent("2026-03-03 09:00", PLANNING, AcceptItem(item="scheme", lacking=(PAPER,), cure_days=10)),
    *sent(
        "2026-03-03 09:20",
        PLANNING,
        AnnounceDate(
            item="scheme",
            clock="commitment",
            announced_on=date(2026, 3, 31),
            wording="承诺于2026年3月31日前办结，放假安排以国务院通知为准。",
            channel="受理通知书",
        ),
    ),
    *sent("2026-03-06 09:00", FIRE, Countersign(item="scheme", step=JOINT_STEP, opinion=Opinion.AGREED)),
    *sent("2026-03-09 09:00", ENVIRONMENT, Countersign(item="scheme", step=JOINT_STEP, opinion=Opinion.AGREED)),
    *sent("2026-03-10 09:00", ENTERPRISE, SubmitSupplement(item="scheme", provided=(PAPER,))),
    *sent("2026-03-12 09:00", PLANNING, CompleteItem(item="scheme", outcome=Outcome.GRANTED)),
    *sent(
        "2026-03-12 14:00",
        PLANNING,
        AttemptDelivery(item="scheme", method="window", reasons="经办人未携带授权委托书，未能领取"),
    ),
    *sent("2026-03-12 15:00", PLANNING, DeliverDecision(item="scheme", method="electronic")),
    *sent(
        "2026-03-13 09:00",
        PLANNING,
        ChangeMode(item="signboard", mode=Mode.ON_THE_SPOT, reasons="材料简单，可以当场作出决定"),
    ),
    *sent("2026-03-16 09:00", ENTERPRISE, SubmitItem(item="signboard", undertaking=True)),
    *sent(
        "2026-03-16 09:30",
        PLANNING,
        AcceptItem(item="signboard"),
        CompleteItem(item="signboard", outcome=Outcome.GRANTED, document_number="京开招牌〔2026〕17号"),
    ),
    *sent(
        "2026-04-20 10:00",
        PLANNING,
        CheckUndertaking(item="signboard", kept=False, findings="现场尺寸超出承诺的设置标准"),
    ),
    *sent(
        "2026-04-21 09:00",
        ENTERPRISE,
        SubmitItem(
            item="renewal",
            materials=("排污许可证延续申请表",),
            renews=LicenceToRenew(number="91420100MA0HX2026E001P", valid_through=date(2026, 7, 31)),
        ),
    ),
    *sent("2026-04-22 09:00", PLANNING, RevokeDecision(item="signboard", reasons="未履行承诺，限期整改后仍不符合")),
    *sent("2026-05-06 09:00", MANAGER, AssignManager(manager="he.lin", reasons="岗位调整")),
)
