"""One project's story from registration to delivery: a tested example of every command, and so of every fact."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from domain.core.context import Context
from domain.core.ledger import Recorded
from domain.core.plan import PlannedItem
from domain.core.types import Mode, Outcome
from domain.examples.access import access_entries
from domain.examples.calendar import calendar_entries
from domain.examples.countersignature import CIRCULATED, CIRCULATED_PROJECT
from domain.examples.epochs import epoch_entries
from domain.examples.external import FED, KEYED_IN
from domain.examples.feedback import VOICED
from domain.examples.information import INFORMED
from domain.examples.legal_person import BRANCH, PERSON, person_entries
from domain.examples.materials import ATTACHED
from domain.examples.modes import MODES_PROJECT, MODES_STORY
from domain.examples.people import (
    BUREAU,
    ENTERPRISE,
    ENVIRONMENT,
    FIRE,
    LAND,
    MANAGER,
    PLANNING,
    PROJECT,
    PROVINCE,
    WATER,
    Step,
    moment,
    sent,
)
from domain.examples.retention import retention_entries
from domain.examples.supervision import SUPERVISED, WATCHED, WATCHED_PROJECT, WatchedStep
from domain.examples.zone import PLANNED_PROJECT, PLANNED_STORY, shelf_from, zone_entries
from domain.law.packs.pack import Pack
from domain.messages import AnyFact, Entry, decide, replay, tag_of
from domain.project.application.acceptance import AcceptItem, DeclineItem
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import AmendEntry, RetractEntry
from domain.project.application.delivery import DeliverDecision
from domain.project.application.extension import ExtendLimit
from domain.project.application.forwarding import ForwardItem, ReceiveForwardedItem
from domain.project.application.hearing import GiveHearingNotice, HoldHearing, RequestHearing, TellHearingRight
from domain.project.application.note import NoteStep
from domain.project.application.registration import Enterprise, PlanItem, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.application.supplement import RequestSupplement, SubmitSupplement
from domain.project.application.suspension import ResumeClock, SuspendClock
from domain.project.application.withdrawal import WithdrawItem
from domain.project.countersignature.consolidation import ConsolidateOpinions
from domain.project.countersignature.request import AskCountersignature, Countersign
from domain.project.feedback.complaint import AnswerComplaint, CloseComplaint, FileComplaint
from domain.project.feedback.evaluation import Channel, EvaluateService, Grade
from domain.project.state.consultation import Opinion
from domain.project.state.feedback import Satisfied

__all__ = [
    "BUREAU",
    "COMMAND_EXAMPLES",
    "ENTERPRISE",
    "ENVIRONMENT",
    "FIRE",
    "LAND",
    "MANAGER",
    "PLANNING",
    "PROJECT",
    "PROVINCE",
    "STORIES",
    "STORY",
    "WATER",
    "Step",
    "fact_examples",
    "moment",
    "sent",
    "story_entries",
]

REGISTRATION = sent(
    "2026-03-02 09:00",
    MANAGER,
    RegisterProject(
        name="恒信新材料二期厂房",
        code="2603-420100-04-01-100001",
        enterprise=Enterprise("恒信新材料有限公司", "91420100MA0HX2026E"),
        manager="wang.min",
        items=(
            PlannedItem(item="land-use", department="natural-resources", name="建设用地规划许可", promise_days=12),
            PlannedItem(
                item="site-plan",
                department="planning",
                name="建设工程规划许可",
                requires=("land-use",),
                mode=Mode.JOINT,
                promise_days=20,
            ),
            PlannedItem(item="discharge", department="environment", name="排污许可", mode=Mode.LOWER_REVIEW),
            PlannedItem(item="tax", department="tax", name="税务登记", mode=Mode.ON_THE_SPOT, live=False),
        ),
    ),
    PlanItem(item=PlannedItem(item="drainage", department="water", name="污水排入排水管网许可", promise_days=10)),
)

LAND_USE = [
    *sent("2026-03-02 10:00", ENTERPRISE, SubmitItem(item="land-use", materials=("申请表", "用地预审意见"))),
    *sent(
        "2026-03-03 15:00",
        LAND,
        RequestSupplement(item="land-use", missing=("勘测定界图", "法人授权书"), respond_by=date(2026, 3, 20)),
    ),
    *sent("2026-03-05 09:30", ENTERPRISE, SubmitSupplement(item="land-use")),
    *sent("2026-03-06 11:00", LAND, AcceptItem(item="land-use", lacking=("授权书原件",))),
    *sent("2026-03-09 09:00", ENTERPRISE, SubmitSupplement(item="land-use", provided=("授权书原件",))),
    *sent(
        "2026-03-10 09:00",
        LAND,
        SuspendClock(
            item="land-use",
            ground="expert_review",
            reason="用地方案专家评审",
            notified=True,
            planned_until=date(2026, 3, 18),
        ),
    ),
    *sent("2026-03-18 16:00", LAND, ResumeClock(item="land-use", suspension="s1"), TellHearingRight(item="land-use")),
    *sent("2026-03-19 09:00", ENTERPRISE, RequestHearing(item="land-use")),
    *sent(
        "2026-03-19 14:00",
        LAND,
        SuspendClock(item="land-use", ground="hearing", notified=True, planned_until=date(2026, 4, 1)),
        GiveHearingNotice(item="land-use", hearing_on=date(2026, 4, 1)),
    ),
    *sent("2026-04-01 16:30", LAND, HoldHearing(item="land-use"), ResumeClock(item="land-use", suspension="s2")),
    *sent(
        "2026-04-09 10:00",
        LAND,
        ExtendLimit(
            item="land-use",
            days=5,
            reasons="听证意见需要核实",
            approver="agency_head",
            notified=True,
            approved_by="周局长",
        ),
    ),
    *sent(
        "2026-04-14 10:00",
        LAND,
        CompleteItem(item="land-use", outcome=Outcome.GRANTED, document_number="地字第420100202600017号"),
        DeliverDecision(item="land-use", method="窗口领取", recipient="陈工"),
    ),
    *sent(
        "2026-04-15 20:10",
        ENTERPRISE,
        EvaluateService(
            item="land-use",
            grade=Grade.DISSATISFIED,
            reasons=("办理时间长",),
            comment="听证安排太晚",
            channel=Channel.APP,
        ),
    ),
]

SITE_PLAN = [
    *sent("2026-04-15 09:00", ENTERPRISE, SubmitItem(item="site-plan", materials=("总平面图",))),
    *sent(
        "2026-04-16 10:00",
        PLANNING,
        AcceptItem(item="site-plan"),
        AskCountersignature(item="site-plan", departments=("fire", "environment"), within_days=5),
    ),
    *sent(
        "2026-04-20 10:00",
        FIRE,
        Countersign(item="site-plan", opinion=Opinion.AGREED_WITH_CONDITIONS, conditions=("消防车道净宽不小于4米",)),
    ),
    *sent(
        "2026-04-21 10:00",
        ENVIRONMENT,
        Countersign(item="site-plan", opinion=Opinion.OBJECTED, reasons="噪声防护距离不足"),
    ),
    *sent(
        "2026-04-28 10:00",
        PLANNING,
        ConsolidateOpinions(
            item="site-plan",
            text="消防条件写入许可; 环境部门的异议以增设声屏障解决",
            conditions=("消防车道净宽不小于4米", "东侧厂界设声屏障"),
        ),
        CompleteItem(
            item="site-plan",
            outcome=Outcome.GRANTED,
            document_number="建字第420100202600021号",
            override_reasons="已按环境部门意见增设声屏障, 会议纪要2026-18",
        ),
    ),
]

DISCHARGE = [
    *sent("2026-03-16 09:00", ENTERPRISE, SubmitItem(item="discharge")),
    *sent("2026-03-17 09:00", ENVIRONMENT, AcceptItem(item="discharge")),
    *sent("2026-03-27 09:00", ENVIRONMENT, ForwardItem(item="discharge", upper="province-environment")),
    *sent("2026-03-30 09:00", PROVINCE, ReceiveForwardedItem(item="discharge")),
    *sent(
        "2026-04-10 09:00",
        PROVINCE,
        CompleteItem(item="discharge", outcome=Outcome.REFUSED, reasons="排放总量指标未落实"),
    ),
]

DRAINAGE = [
    *sent("2026-03-16 10:00", ENTERPRISE, SubmitItem(item="drainage")),
    *sent("2026-03-16 11:00", WATER, DeclineItem(item="drainage", reasons="排水方案不属于本部门审批范围")),
    *sent("2026-03-23 10:00", ENTERPRISE, SubmitItem(item="drainage", materials=("修改后的排水方案",))),
    *sent("2026-03-24 10:00", ENTERPRISE, WithdrawItem(item="drainage", reasons="管网接入点变更, 另行申请")),
]

AFTERWARDS = [
    *sent(
        "2026-04-15 20:30",
        ENTERPRISE,
        FileComplaint(complaint="TS-2026-0007", item="land-use", about="听证拖延, 办理超过承诺时限", contact="陈工"),
    ),
    *sent(
        "2026-04-17 15:00",
        LAND,
        AnswerComplaint(complaint="TS-2026-0007", answer="听证通知发出偏晚, 已改为受理时预排日期", upheld=True),
    ),
    *sent(
        "2026-04-18 09:00",
        ENTERPRISE,
        CloseComplaint(complaint="TS-2026-0007", satisfied=Satisfied.YES, remarks="答复及时"),
    ),
    *sent(
        "2026-04-18 10:00", MANAGER, NoteStep(item="drainage", activity="现场踏勘", label="参加人", value="市政公司")
    ),
    *sent(
        "2026-04-20 09:00",
        LAND,
        AmendEntry(version=4, new_occurred_at=moment("2026-03-03 11:00"), reasons="通知书上的时间是上午"),
    ),
    *sent("2026-04-21 09:00", BUREAU, RetractEntry(version=32, reasons="评价误投到本事项")),
]

STORY: tuple[Step, ...] = (
    *REGISTRATION,
    *sorted(
        (
            *LAND_USE,
            *SITE_PLAN,
            *DISCHARGE,
            *DRAINAGE,
            *KEYED_IN,
            *AFTERWARDS,
            *SUPERVISED,
            *FED,
            *VOICED,
            *INFORMED,
            *ATTACHED,
        ),
        key=lambda step: step.at,
    ),
)
# The other projects, whose stories run beside it.
STORIES: tuple[tuple[UUID, tuple[Step, ...]], ...] = (
    (PLANNED_PROJECT, PLANNED_STORY),
    (CIRCULATED_PROJECT, CIRCULATED),
    (MODES_PROJECT, MODES_STORY),
)
COMMAND_EXAMPLES: dict[str, Step] = {
    tag_of(step.command): step for step in reversed((*STORY, *PLANNED_STORY, *CIRCULATED, *MODES_STORY))
}


def story_entries(law: Pack, project_id: UUID = PROJECT, steps: Iterable[Step | WatchedStep] = STORY) -> list[Entry]:
    """The entries that result from the story, or from other *steps*, under *law*."""
    shelf = shelf_from(zone_entries(law))
    entries: list[Entry] = []
    for number, step in enumerate(steps, start=1):
        at = step.command.occurred_at or step.at
        context = Context(step.by, at, step.at, law, shelf)
        recorded = Recorded(step.by, UUID(int=number), law.name)
        for fact in decide(step.command, replay(project_id, entries), context):
            entries.append(Entry(project_id, len(entries) + 1, at, step.at, fact, recorded))
    return entries


def fact_examples(law: Pack) -> dict[str, AnyFact]:
    """The first fact of each kind in the story, or else in another one, by its stored name."""
    of_others = [*calendar_entries(law), *person_entries(law, PERSON), *person_entries(law, BRANCH)]
    of_others += [*access_entries(law), *epoch_entries(law), *retention_entries(law)]
    of_watched = story_entries(law, WATCHED_PROJECT, WATCHED)
    of_projects = [entry for project, story in STORIES for entry in story_entries(law, project, story)]
    all_entries = [*story_entries(law), *of_watched, *of_projects, *of_others, *zone_entries(law)]
    return {tag_of(entry.fact): entry.fact for entry in reversed(all_entries)}
